package dev.millrace.join.match;

/**
 * An action that counts, as it is remembered of its request.
 *
 * @param item place among those shown
 * @param value as the action had it
 * @param stampMs event time that decides whether it came in a window: when the edge accepted it
 * @param timeMs when it happened
 * @param hash {@code SampleIds.ofAction}
 */
record Deed(int item, String type, double value, long stampMs, long timeMs, long hash) {}
