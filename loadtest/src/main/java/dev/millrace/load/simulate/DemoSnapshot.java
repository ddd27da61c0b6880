package dev.millrace.load.simulate;

import dev.millrace.load.report.Latencies.Percentiles;
import java.time.Duration;

/**
 * The demo at one moment. "Recent" is the last 15 seconds; NaN where nothing was measured.
 *
 * @param requests since the start
 * @param clicks since the start
 * @param ratePerSecond recent
 * @param ctr recent clicks over items shown
 * @param auc recent, of the scores answered against the clicks that followed
 * @param rankMs recent
 * @param freshnessMs recent: from posting a click to knowing that serving has learned of it
 * @param top recent mean of the hidden click probability of the item ranked first
 * @param random the same of a candidate drawn at random
 * @param best the same of the best candidate of each request
 * @param untraced clicks whose trace did not end in served
 */
public record DemoSnapshot(
        Duration elapsed,
        long requests,
        long clicks,
        double ratePerSecond,
        double ctr,
        double auc,
        Percentiles rankMs,
        Percentiles freshnessMs,
        double top,
        double random,
        double best,
        long untraced,
        long retries,
        long modelVersion,
        long samplesLearned) {
    /** How much of the way from random to the best possible choice the ranking has come: 0 .. 1. */
    public double learnedShare() {
        return (top - random) / (best - random);
    }
}
