package dev.millrace.api.monitor;

/**
 * Weights of positives and negatives by served score, mergeable. AUC = P(s⁺ &gt; s⁻) + ½ P(s⁺ = s⁻), where scores of one
 * bin count as equal.
 *
 * <p>{@value #BINS} bins, equally wide in logit over ±8 (scores 0.00034..0.99966; the outer bins take what lies beyond),
 * so scores of one bin differ by 0.4 % in odds. Binning error of the AUC: at most
 * ½ Σ_b p_b·n_b / (P·N), half the share of pairs that fall into one bin; {@link #aucError} says how much that is.
 */
final class ScoreHistogram {
    private static final int BINS = 4096;
    private static final double MAX_LOGIT = 8;
    private static final double BINS_A_LOGIT = BINS / (2 * MAX_LOGIT);

    private final double[] positives = new double[BINS];
    private final double[] negatives = new double[BINS];

    void add(double score, boolean positive, double weight) {
        (positive ? positives : negatives)[bin(score)] += weight;
    }

    private static int bin(double score) {
        double logit = Math.log(score / (1 - score));
        int bin = (int) Math.floor((logit + MAX_LOGIT) * BINS_A_LOGIT);
        return Math.clamp(bin, 0, BINS - 1);
    }

    void merge(ScoreHistogram other) {
        for (int b = 0; b < BINS; b++) {
            positives[b] += other.positives[b];
            negatives[b] += other.negatives[b];
        }
    }

    void clear() {
        java.util.Arrays.fill(positives, 0);
        java.util.Arrays.fill(negatives, 0);
    }

    /** NaN unless both labels are there. */
    double auc() {
        double below = 0;
        double wins = 0;
        for (int b = 0; b < BINS; b++) {
            wins += positives[b] * (below + negatives[b] / 2);
            below += negatives[b];
        }
        return wins / pairs();
    }

    /** Bound of the AUC's binning error; NaN unless both labels are there. */
    double aucError() {
        double equal = 0;
        for (int b = 0; b < BINS; b++) {
            equal += positives[b] * negatives[b];
        }
        return equal / 2 / pairs();
    }

    private double pairs() {
        double p = 0;
        double n = 0;
        for (int b = 0; b < BINS; b++) {
            p += positives[b];
            n += negatives[b];
        }
        return p * n == 0 ? Double.NaN : p * n;
    }
}
