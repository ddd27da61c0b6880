package dev.millrace.ps.evidence;

import java.util.Arrays;

/**
 * Evidence that differences lie above zero on average, at whatever moment one looks: bets on them, several sizes beside
 * each other. Where the conditional mean of the (cut) differences is at most 0, Π(1 + λ·d/c) is a test supermartingale for
 * λ in [0, 1) (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, JRSS B 2024), so by Ville's
 * inequality the evidence ever reaches ln(1/α) with probability α at most.
 *
 * <p>Differences are cut at c, six times their root mean square so far: what comes next has no part in it, so the bets stay
 * fair, and they are not timid. One thread.
 */
public final class BettingTest {
    /** λ, as parts of its bound. */
    private static final double[] SIZES = {0.01, 0.03, 0.1, 0.25, 0.5, 0.8};

    private static final double WIDTH = 6;
    private static final double LEAST = 1e-6;

    private final double[] logWealth = new double[SIZES.length];
    private double squares;
    private double count;

    /** @param first what differences are cut at before there are any, above 0 */
    public BettingTest(double first) {
        squares = first * first / (WIDTH * WIDTH);
        count = 1;
    }

    /** @param difference any finite number; above 0 speaks for the alternative */
    public void add(double difference) {
        double cut = Math.max(LEAST, WIDTH * Math.sqrt(squares / count));
        double x = Math.clamp(difference / cut, -1, 1);
        for (int i = 0; i < SIZES.length; i++) {
            logWealth[i] += Math.log1p(SIZES[i] * x);
        }
        squares += difference * difference;
        count++;
    }

    /** ln of the e-value. */
    public double evidence() {
        return Mixture.log(logWealth);
    }

    /** All that it is, for a later {@link #restore}: what happens between counts for nothing, and the test stays valid. */
    public double[] state() {
        double[] state = Arrays.copyOf(logWealth, SIZES.length + 2);
        state[SIZES.length] = squares;
        state[SIZES.length + 1] = count;
        return state;
    }

    /** @throws IllegalArgumentException when this is no {@link #state} */
    public void restore(double[] state) {
        if (state.length != SIZES.length + 2 || !(state[SIZES.length + 1] > 0)) {
            throw new IllegalArgumentException("a betting test of " + state.length + " numbers");
        }
        System.arraycopy(state, 0, logWealth, 0, SIZES.length);
        squares = state[SIZES.length];
        count = state[SIZES.length + 1];
    }
}
