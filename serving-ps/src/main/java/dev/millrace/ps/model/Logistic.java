package dev.millrace.ps.model;

import dev.millrace.ps.kernel.VectorModule;

/**
 * The logistic function in sums, products and one division: the same bits on every machine, and a third of
 * {@link StrictMath#exp}'s time. {@link Math#exp} may differ by a unit in the last place between processors, and between
 * the interpreter and compiled code of one; but a served score is computed again from the log elsewhere, and a replayed
 * sample must step its weights to the same bits.
 *
 * <p>exp(x) = 2^k · exp(r), k = x / ln 2 rounded, |r| ≤ ln 2 / 2 (Cody and Waite 1980, chapter 6), exp(r) by its Taylor
 * polynomial of degree 11, whose relative error is below 2e-14.
 */
public final class Logistic {
    static final double LOG2_E = 1.4426950408889634;
    /** The upper bits of ln 2, so that its products with whole numbers of 11 bits are exact; and what is missing. */
    static final double LN2_HIGH = 0x1.62e42fefp-1;

    static final double LN2_LOW = 7.440617110012397e-11;
    /** Added to a number below 2^51 it leaves that number's nearest whole one in the lowest bits. */
    static final double ROUNDING = 0x1.8p52;
    /** Beyond it σ is 0 or 1 also in doubles; e to it is finite. */
    static final double LARGEST = 700;

    static final int EXPONENT_AT = 52;

    private static final boolean WIDE = VectorModule.PRESENT && WideLogistic.gains();

    private Logistic() {}

    /** Replaces sums by {@link #sigmoid(double)} of each, in float. */
    static void sigmoids(float[] sums, int count) {
        int i = WIDE ? WideLogistic.sigmoids(sums, count) : 0;
        for (; i < count; i++) {
            sums[i] = (float) sigmoid(sums[i]);
        }
    }

    /** σ(z) = 1 / (1 + e^−z); NaN for NaN. */
    public static double sigmoid(double z) {
        return 1 / (1 + exp(-z));
    }

    /** σ(z − ln r): what a model says of a sample that is kept with rate r (He et al. 2014, §6.3). */
    public static double sigmoid(double z, float keepRate) {
        return keepRate == 1f ? sigmoid(z) : sigmoid(z - StrictMath.log(keepRate));
    }

    /** e^x of −700..700, of others that of the nearer end. */
    static double exp(double x) {
        double bounded = Math.max(-LARGEST, Math.min(LARGEST, x));
        double shifted = bounded * LOG2_E + ROUNDING;
        double k = shifted - ROUNDING;
        double r = bounded - k * LN2_HIGH - k * LN2_LOW;
        double r2 = r * r;
        double r4 = r2 * r2;
        // Estrin's scheme: pairs, which do not wait for each other.
        double low = (1 + r) + r2 * (1.0 / 2 + r * (1.0 / 6));
        double middle = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
        double high = (1.0 / 40320 + r * (1.0 / 362880)) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800));
        double ofR = low + r4 * (middle + r4 * high);
        long exponent = Double.doubleToRawLongBits(shifted) << EXPONENT_AT;
        // A NaN's lowest bits are 0, so that it stays one.
        return Double.longBitsToDouble(Double.doubleToRawLongBits(ofR) + exponent);
    }
}
