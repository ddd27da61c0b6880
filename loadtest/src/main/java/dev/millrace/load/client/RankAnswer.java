package dev.millrace.load.client;

import java.util.List;

/**
 * What was shown.
 *
 * @param modelVersion sequence of the last delta in the weights that scored
 * @param items in the order shown
 */
public record RankAnswer(String requestId, String model, long modelVersion, List<Ranked> items) {
    /**
     * @param score predicted probability, 0..1
     * @param propensity probability with which it was shown at this place
     */
    public record Ranked(String item, double score, double propensity) {}
}
