package dev.millrace.deploy.evaluate;

import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import java.util.List;

/**
 * One answer that explored, with what it earned.
 *
 * @param candidates how many there were to choose from
 * @param meanScore of all candidates
 * @param bestScores of the items that would have stood in the places shown, best first
 * @param places in the order shown
 */
public record LoggedRequest(int candidates, double meanScore, List<Double> bestScores, List<Place> places) {
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

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
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
                places);
    }
}
