package dev.millrace.load.report;

/**
 * AUC while a run goes on, from two histograms of scores. Pairs within one of the 4,096 bins count ½, so the error is at
 * most half the share of such pairs: under 0.001 for scores that spread. The report's AUC is the exact one.
 */
public final class RunningAuc {
    private static final int BINS = 4096;

    private final long[] positives = new long[BINS];
    private final long[] negatives = new long[BINS];

    public synchronized void add(double score, boolean positive) {
        int bin = Math.clamp((long) (score * BINS), 0, BINS - 1);
        (positive ? positives : negatives)[bin]++;
    }

    /** NaN unless there are positives and negatives. */
    public synchronized double value() {
        double won = 0;
        long below = 0;
        long allPositives = 0;
        for (int bin = 0; bin < BINS; bin++) {
            won += positives[bin] * (below + 0.5 * negatives[bin]);
            below += negatives[bin];
            allPositives += positives[bin];
        }
        return allPositives == 0 || below == 0 ? Double.NaN : won / allPositives / below;
    }
}
