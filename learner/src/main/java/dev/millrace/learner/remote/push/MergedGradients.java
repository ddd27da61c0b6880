package dev.millrace.learner.remote.push;

/**
 * What a batch does to each of its keys, merged: a column a field, indexed by the key's number in {@link BatchKeys}, so
 * the same samples in the same order give the same bytes.
 *
 * <p>A gradient row holds Σg and Σg² of its samples; the row of a number's mean holds their mean and their sum of squared
 * deviations M2 (Welford 1962). Both count their samples and sum the samples' ids. One thread.
 */
public final class MergedGradients {
    private final double[] first;
    private final double[] second;
    private final int[] counts;
    private final int[] seconds;
    private final long[] idSums;
    private int refused;

    /** @param keys how many the batch has */
    public MergedGradients(int keys) {
        first = new double[keys];
        second = new double[keys];
        counts = new int[keys];
        seconds = new int[keys];
        idSums = new long[keys];
    }

    /** Adds one gradient. One that is not finite, or whose square is not, is counted as refused and left out. */
    void gradient(int number, double g, long sampleId, int eventSecond) {
        if (!Double.isFinite(g * g)) {
            refused++;
            return;
        }
        first[number] += g;
        second[number] += g * g;
        count(number, sampleId, eventSecond);
    }

    /** Adds one observation of a number. */
    void observation(int number, float x, long sampleId, int eventSecond) {
        if (!Float.isFinite(x)) {
            refused++;
            return;
        }
        count(number, sampleId, eventSecond);
        double delta = x - first[number];
        first[number] += delta / counts[number];
        second[number] += delta * (x - first[number]);
    }

    private void count(int number, long sampleId, int eventSecond) {
        counts[number]++;
        idSums[number] += sampleId;
        seconds[number] = Integer.compareUnsigned(seconds[number], eventSecond) < 0 ? eventSecond : seconds[number];
    }

    /** Σg, or the mean. */
    double first(int number) {
        return first[number];
    }

    /** Σg², or M2. */
    double second(int number) {
        return second[number];
    }

    int count(int number) {
        return counts[number];
    }

    /** Of the latest sample. */
    int eventSecond(int number) {
        return seconds[number];
    }

    long idSum(int number) {
        return idSums[number];
    }

    /** Gradients and observations that were not finite. */
    int refused() {
        return refused;
    }
}
