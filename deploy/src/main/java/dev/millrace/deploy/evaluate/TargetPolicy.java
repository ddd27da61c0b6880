package dev.millrace.deploy.evaluate;

/**
 * A ranking to be valued: with probability ε in random order, otherwise best first by the scores that were logged.
 *
 * @param epsilon 0: always best first; 1: always at random
 */
public record TargetPolicy(double epsilon) {
    public TargetPolicy {
        if (!(epsilon >= 0 && epsilon <= 1)) {
            throw new IllegalArgumentException("--target " + epsilon + ": the random part, 0..1");
        }
    }

    /** {@code best}, {@code random} or {@code epsilon:0.1}. */
    public static TargetPolicy parse(String text) {
        try {
            return switch (text) {
                case "best" -> new TargetPolicy(0);
                case "random" -> new TargetPolicy(1);
                default -> {
                    if (!text.startsWith("epsilon:")) {
                        throw new IllegalArgumentException(
                                "--target '" + text + "': give best, random, or epsilon:PART");
                    }
                    yield new TargetPolicy(Double.parseDouble(text.substring("epsilon:".length())));
                }
            };
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--target '" + text + "': like epsilon:0.1", e);
        }
    }

    /** Probability that it shows there what was shown there. */
    double probability(LoggedRequest request, int place) {
        boolean best = request.places().get(place).bestPlace() == place + 1;
        return epsilon / request.candidates() + (best ? 1 - epsilon : 0);
    }

    /** The reward that the model expects of what it shows there. */
    double expected(LoggedRequest request, int place) {
        return epsilon * request.meanScore()
                + (1 - epsilon) * request.bestScores().get(place);
    }
}
