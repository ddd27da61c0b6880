package dev.millrace.deploy.evaluate;

import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ingest.proto.ShownItem;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One answer that explored, with what it earned.
 *
 * @param candidates how many there were to choose from
 * @param meanScore of all candidates
 * @param bestScores of the items that would have stood in the places shown, best first
 * @param places in the order shown
 * @param models what each model that scored all candidates said of what was shown, by place; empty where not all were shown
 */
public record LoggedRequest(
        int candidates,
        double meanScore,
        List<Double> bestScores,
        List<Place> places,
        Map<String, List<Double>> models) {
    /** Of which no model's scores of all candidates are known. */
    public LoggedRequest(int candidates, double meanScore, List<Double> bestScores, List<Place> places) {
        this(candidates, meanScore, bestScores, places, Map.of());
    }

    /**
     * @param score of the item shown: the reward that the model expected
     * @param propensity probability with which it was shown there, in (0, 1]
     * @param bestPlace where it would have stood, best first; from 1
     * @param reward the label that its actions made; 0 without any
     */
    public record Place(double score, double propensity, int bestPlace, double reward) {}

    /** @throws IllegalArgumentException that names the field which is wrong */
    public LoggedRequest {
        bestScores = List.copyOf(bestScores);
        places = List.copyOf(places);
        // Of a line that was written without them.
        models = models == null ? Map.of() : Map.copyOf(models);
        for (var scores : models.entrySet()) {
            require(
                    scores.getValue().size() == places.size() && places.size() == candidates,
                    "models." + scores.getKey() + ": not a score of each candidate");
        }
        require(!places.isEmpty(), "places: none");
        require(places.size() <= candidates, "candidates: " + candidates + ", fewer than the places shown");
        require(bestScores.size() == places.size(), "bestScores: " + bestScores.size() + " of " + places.size());
        for (Place place : places) {
            double propensity = place.propensity();
            require(propensity > 0 && propensity <= 1, "propensity: " + propensity + ", not in (0, 1]");
            require(place.bestPlace() >= 1 && place.bestPlace() <= candidates, "bestPlace: " + place.bestPlace());
            require(Double.isFinite(place.reward()), "reward: " + place.reward());
        }
    }

    /**
     * How a model ranks all candidates; equal scores in the order of whoever answered.
     *
     * @throws IllegalArgumentException when it did not score them
     */
    Ranking ranking(String model) {
        List<Double> scores = models.get(model);
        if (scores == null) {
            throw new IllegalArgumentException("models: no scores of " + model);
        }
        return new Ranking(scores, places);
    }

    /** By place shown, from 0. O(candidates · log candidates). */
    static final class Ranking {
        private final List<Double> scores;
        private final List<Integer> order;
        private final int[] standsAt;
        private final double mean;

        private Ranking(List<Double> scores, List<Place> places) {
            this.scores = scores;
            order = IntStream.range(0, scores.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> -scores.get(i))
                            .thenComparingInt(i -> places.get(i).bestPlace()))
                    .toList();
            standsAt = new int[order.size()];
            for (int place = 0; place < standsAt.length; place++) {
                standsAt[order.get(place)] = place + 1;
            }
            mean = scores.stream().mapToDouble(score -> score).average().orElse(0);
        }

        /** Where what was shown there would stand, from 1. */
        int placeOf(int shown) {
            return standsAt[shown];
        }

        double score(int shown) {
            return scores.get(shown);
        }

        /** Of what would stand there. */
        double best(int place) {
            return scores.get(order.get(place));
        }

        double mean() {
            return mean;
        }
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
    }

    /** Of all candidates; of what was cut from the list, no model's score is on the log. */
    private static Map<String, List<Double>> models(Impression impression) {
        int shown = impression.getItemsCount();
        if (shown != impression.getExploration().getCandidates()) {
            return Map.of();
        }
        Map<String, List<Double>> models = new HashMap<>();
        String own = impression.getScoredBy().isEmpty() ? impression.getModel() : impression.getScoredBy();
        models.put(
                own,
                impression.getItemsList().stream()
                        .map(item -> (double) item.getScore())
                        .toList());
        for (OtherScores other : impression.getOthersList()) {
            if (other.getScoresCount() == shown) {
                models.put(
                        other.getModel(),
                        other.getScoresList().stream().map(Float::doubleValue).toList());
            }
        }
        return models;
    }

    /**
     * @param impression one that explores
     * @param rewards of each item
     */
    static LoggedRequest of(Impression impression, double[] rewards) {
        List<Place> places = new java.util.ArrayList<>();
        for (int i = 0; i < rewards.length; i++) {
            ShownItem item = impression.getItems(i);
            places.add(new Place(item.getScore(), item.getPropensity(), item.getBestPlace(), rewards[i]));
        }
        return new LoggedRequest(
                impression.getExploration().getCandidates(),
                impression.getExploration().getMeanScore(),
                impression.getExploration().getBestScoresList().stream()
                        .map(Float::doubleValue)
                        .toList(),
                places,
                models(impression));
    }
}
