package dev.millrace.ps.evidence;

import java.util.Arrays;

/**
 * Evidence that the mean of bounded observations has risen above a bound, at any time since: bets on it, several sizes
 * beside each other, each of which begins anew whenever it has lost all it won.
 *
 * <p>While the conditional mean of x is at most m, Π(1 + λ(x − m)) is a test supermartingale for λ in [0, 1/m)
 * (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, JRSS B 2024). Its CUSUM form, begun
 * anew at 1, is an e-detector: alarms at 1/α are on average at least 1/α observations apart (Shin, Ramdas, Rinaldo,
 * E-detectors, 2023, Theorem 2.4), whatever the distribution. Of several sizes the mean counts. One thread.
 */
public final class BettingCusum {
    /** λ as parts of its bound 1/m. */
    private static final double[] SIZES = {0.02, 0.05, 0.1, 0.2, 0.4, 0.7};

    private final double[] logWealth = new double[SIZES.length];
    private final long[] since = new long[SIZES.length];

    /**
     * @param x observed, 0..1
     * @param m what its mean is at most while nothing has changed, in (0, 1]
     * @param time of it, never going back: told by {@link #since}
     */
    public void add(double x, double m, long time) {
        for (int i = 0; i < SIZES.length; i++) {
            if (logWealth[i] <= 0) {
                logWealth[i] = 0;
                since[i] = time;
            }
            logWealth[i] += Math.log1p(SIZES[i] / m * (x - m));
        }
    }

    /** Natural logarithm of the evidence: an alarm at ln(1/α). */
    public double evidence() {
        return Mixture.log(logWealth);
    }

    /** When the largest bet began: about when the mean rose. */
    public long since() {
        return since[winner()];
    }

    private int winner() {
        int winner = 0;
        for (int i = 1; i < SIZES.length; i++) {
            winner = logWealth[i] > logWealth[winner] ? i : winner;
        }
        return winner;
    }

    public void reset() {
        Arrays.fill(logWealth, 0);
    }
}
