package dev.millrace.learner.bulk;

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
     * The same where more is known.
     *
     * @param e exp(−|logit|)
     */
    void addLogit(float logit, float p, double e, float label) {
        // −ln σ(|z|), and |z| more where the sign is wrong.
        double loss = Math.log(1 + e) + (logit > 0 == label >= 0.5f ? 0 : Math.abs(logit));
        add(p, label, logit, loss);
    }

    private void add(double p, float label, double logit, double loss) {
        samples++;
        predicted += p;
        labels += label;
        squares += (p - label) * (p - label);
        logLoss += loss;
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
