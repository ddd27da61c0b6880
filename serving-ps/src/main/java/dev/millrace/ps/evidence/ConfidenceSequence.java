package dev.millrace.ps.evidence;

/**
 * An interval for the mean of bounded observations that holds at all times at once, however often one looks: the
 * empirical Bernstein confidence sequence of Waudby-Smith and Ramdas (Estimating means of bounded random variables by
 * betting, JRSS B 2024, Theorem 2), with its predictable plug-in
 *
 * <pre>
 *   λ_t = min(1/2, √(2 ln(2/α) / (σ̂²_{t−1} · t · ln(1 + t))))
 *   Σ λ_i x_i / Σ λ_i  ±  (ln(2/α) + Σ 4 (x_i − μ̂_{i−1})² · (−ln(1 − λ_i) − λ_i)/4) / Σ λ_i
 * </pre>
 *
 * of observations moved into [0, 1]. Where means change with time it holds for their average, weighed by λ. One thread.
 */
public final class ConfidenceSequence {
    private static final double MAX_BET = 0.5;
    private static final int STATE = 6;

    private final double low;
    private final double width;
    private final double logTwo;
    private double n;
    private double sum;
    private double deviations;
    private double bets;
    private double betted;
    private double spread;

    /**
     * @param low least observation; others are cut
     * @param high largest observation
     * @param alpha probability that the interval ever misses, at most
     */
    public ConfidenceSequence(double low, double high, double alpha) {
        if (!(low < high) || !(alpha > 0 && alpha < 1)) {
            throw new IllegalArgumentException("a sequence over " + low + ".." + high + " at " + alpha);
        }
        this.low = low;
        width = high - low;
        logTwo = Math.log(2 / alpha);
    }

    public void add(double observation) {
        double x = Math.clamp((observation - low) / width, 0, 1);
        double before = mean();
        double variance = (0.25 + deviations) / (n + 1);
        n++;
        double lambda = Math.min(MAX_BET, Math.sqrt(2 * logTwo / (variance * n * Math.log1p(n))));
        bets += lambda;
        betted += lambda * x;
        spread += (x - before) * (x - before) * (-Math.log1p(-lambda) - lambda);
        sum += x;
        deviations += (x - mean()) * (x - mean());
    }

    /** Drawn half an observation's way to the middle. */
    private double mean() {
        return (0.5 + sum) / (n + 1);
    }

    public long count() {
        return (long) n;
    }

    /** Mean of the observations; NaN before the first. */
    public double value() {
        return low + width * sum / n;
    }

    /** Not below the least observation. */
    public double lower() {
        return n == 0 ? low : low + width * Math.max(0, (betted - logTwo - spread) / bets);
    }

    /** Not above the largest observation. */
    public double upper() {
        return n == 0 ? low + width : low + width * Math.min(1, (betted + logTwo + spread) / bets);
    }

    /** All that it is, for a later {@link #restore}. */
    public double[] state() {
        return new double[] {n, sum, deviations, bets, betted, spread};
    }

    /** @throws IllegalArgumentException when this is no {@link #state} */
    public void restore(double[] state) {
        if (state.length != STATE || !(state[0] >= 0)) {
            throw new IllegalArgumentException("a confidence sequence of " + state.length + " numbers");
        }
        n = state[0];
        sum = state[1];
        deviations = state[2];
        bets = state[3];
        betted = state[4];
        spread = state[5];
    }
}
