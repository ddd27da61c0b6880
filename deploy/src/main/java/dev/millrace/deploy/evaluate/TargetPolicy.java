package dev.millrace.deploy.evaluate;

import org.jspecify.annotations.Nullable;

/**
 * A ranking to be valued: with probability ε in random order, otherwise best first by scores that were logged.
 *
 * @param epsilon 0: always best first; 1: always at random
 * @param model whose scores; null: those of whoever answered
 */
public record TargetPolicy(double epsilon, @Nullable String model) {
    private static final String EPSILON = "epsilon:";
    private static final String BY = "by:";

    public TargetPolicy {
        if (!(epsilon >= 0 && epsilon <= 1)) {
            throw new IllegalArgumentException("--target " + epsilon + ": the random part, 0..1");
        }
    }

    /** By the scores of whoever answered. */
    public TargetPolicy(double epsilon) {
        this(epsilon, null);
    }

    /** {@code best}, {@code random}, {@code epsilon:0.1}, {@code by:MODEL}. */
    public static TargetPolicy parse(String text) {
        if (text.equals("best")) {
            return new TargetPolicy(0);
        }
        if (text.equals("random")) {
            return new TargetPolicy(1);
        }
        if (text.startsWith(BY) && text.length() > BY.length()) {
            return new TargetPolicy(0, text.substring(BY.length()));
        }
        if (!text.startsWith(EPSILON)) {
            throw new IllegalArgumentException("--target '" + text + "': give best, random, epsilon:PART, or by:MODEL");
        }
        try {
            return new TargetPolicy(Double.parseDouble(text.substring(EPSILON.length())));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--target '" + text + "': like epsilon:0.1", e);
        }
    }

    /** Whether the log says how it would have ranked: of another model, where that scored all candidates. */
    boolean knows(LoggedRequest request) {
        return model == null || request.models().containsKey(model);
    }

    /** What it makes of a request that it {@link #knows}. */
    Applied to(LoggedRequest request) {
        return new Applied(epsilon, request, model == null ? null : request.ranking(model));
    }

    /**
     * The policy of one request; places from 0.
     *
     * @param by how another model ranks; null: whoever answered does
     */
    record Applied(double epsilon, LoggedRequest request, LoggedRequest.@Nullable Ranking by) {
        /** Probability that it shows there what was shown there. */
        double probability(int place) {
            int wouldStand = by == null ? request.places().get(place).bestPlace() : by.placeOf(place);
            return epsilon / request.candidates() + (wouldStand == place + 1 ? 1 - epsilon : 0);
        }

        /** The reward that the model expects of what it shows there. */
        double expected(int place) {
            double mean = by == null ? request.meanScore() : by.mean();
            double best = by == null ? request.bestScores().get(place) : by.best(place);
            return epsilon * mean + (1 - epsilon) * best;
        }

        /** The reward that the model expects of what was shown there. */
        double score(int place) {
            return by == null ? request.places().get(place).score() : by.score(place);
        }
    }
}
