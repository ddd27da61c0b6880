package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;

/**
 * Progressive validation (Blum et al. 1999; McMahan et al. 2013 §5): each sample is scored before it is learned. One
 * thread adds; sums of several are merged.
 *
 * <p>AUC is of a histogram of the logit in bins of 1/64 between −16 and 16: pairs within a bin count half, which is an
 * error of at most half the share of such pairs.
 */
public final class BulkMetrics {
    private static final int BINS_A_UNIT = 64;
    private static final int REACH = 16;
    private static final int BINS = 2 * REACH * BINS_A_UNIT;

    private final long[] positives = new long[BINS];
    private final long[] negatives = new long[BINS];
    private long samples;
    private double logLoss;
    private double predicted;
    private double labels;
    private double squares;

    /** Of a model of values. */
    void addValue(double predictedValue, float label) {
        samples++;
        predicted += predictedValue;
        labels += label;
        squares += (predictedValue - label) * (predictedValue - label);
        logLoss = Double.NaN;
    }

    void addProbability(double p, float label) {
        double bounded = Math.clamp(p, 1e-12, 1 - 1e-12);
        add(p, label, Math.log(bounded / (1 - bounded)), label >= 0.5f ? -Math.log(bounded) : -Math.log1p(-bounded));
    }

    /**
     * Samples {@code first} to {@code end} of those that begin at {@code from} in the block. Sums reach the fields at the end:
     * what another thread writes may lie in the same cache line.
     *
     * @param tails exp(−|logit|); NaN: the sample is left out
     * @return how many were not
     */
    int addLogits(SampleBlock block, int from, float[] logits, double[] tails, int first, int end) {
        int added = 0;
        double sumLoss = 0;
        double sumPredicted = 0;
        double sumLabels = 0;
        double sumSquares = 0;
        for (int i = first; i < end; i++) {
            double tail = tails[i];
            if (Double.isNaN(tail)) {
                continue;
            }
            float z = logits[i];
            float label = block.label(from + i);
            double p = (z >= 0 ? 1 : tail) / (1 + tail);
            added++;
            // −ln σ(|z|), and |z| more where the sign is wrong.
            sumLoss += Math.log(1 + tail) + (z > 0 == label >= 0.5f ? 0 : Math.abs(z));
            sumPredicted += p;
            sumLabels += label;
            sumSquares += (p - label) * (p - label);
            count(z, label);
        }
        samples += added;
        logLoss += sumLoss;
        predicted += sumPredicted;
        labels += sumLabels;
        squares += sumSquares;
        return added;
    }

    private void add(double p, float label, double logit, double loss) {
        samples++;
        predicted += p;
        labels += label;
        squares += (p - label) * (p - label);
        logLoss += loss;
        count(logit, label);
    }

    private void count(double logit, float label) {
        int bin = Math.clamp((int) Math.floor((logit + REACH) * BINS_A_UNIT), 0, BINS - 1);
        if (label >= 0.5f) {
            positives[bin]++;
        } else {
            negatives[bin]++;
        }
    }

    void merge(BulkMetrics other) {
        for (int bin = 0; bin < BINS; bin++) {
            positives[bin] += other.positives[bin];
            negatives[bin] += other.negatives[bin];
        }
        samples += other.samples;
        logLoss += other.logLoss;
        predicted += other.predicted;
        labels += other.labels;
        squares += other.squares;
    }

    public long samples() {
        return samples;
    }

    /** Mean, natural logarithm; NaN for a model of values. */
    public double logLoss() {
        return logLoss / samples;
    }

    /** Σp / Σy. */
    public double calibration() {
        return predicted / labels;
    }

    /** Mean log loss over the entropy of the base rate (He et al. 2014). */
    public double normalizedEntropy() {
        double rate = labels / samples;
        return logLoss() / -(rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate));
    }

    public double rmse() {
        return Math.sqrt(squares / samples);
    }

    /** P(s⁺ &gt; s⁻) + ½ P(s⁺ = s⁻); NaN without samples of both labels. */
    public double auc() {
        double below = 0;
        double won = 0;
        double all = 0;
        for (int bin = 0; bin < BINS; bin++) {
            won += positives[bin] * (below + negatives[bin] / 2.0);
            below += negatives[bin];
            all += positives[bin];
        }
        return won / (all * below);
    }
}
