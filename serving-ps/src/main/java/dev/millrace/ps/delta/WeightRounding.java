package dev.millrace.ps.delta;

import dev.millrace.ingest.spec.WeightFormat;

/**
 * Rounds weights to what travels in 16 bits. Stochastically, so that rounding is right on average (E[round(w)] = w, where
 * it does not saturate) and many small updates are not lost; but the random bits are a hash of key and weight, so that
 * training knows what serving has, and learning again sends the same bits.
 *
 * <p>F16: to one of the two half-precision neighbours; beyond ±65504, to that. Q2_13: to a multiple of 1/8192; from ±4
 * on, to ±(4 − 1/8192). What saturated is counted. NaN, the tombstone, stays. Belongs to one thread.
 */
public final class WeightRounding {
    static final float MAX_F16 = 65_504f;
    static final int Q_ONE = 1 << 13;
    static final int MAX_Q = (1 << 15) - 1;
    /** Half precision's quiet NaN, and the one code of q2.13 that would have no opposite. */
    static final short TOMBSTONE_F16 = 0x7E00;

    static final short TOMBSTONE_Q = Short.MIN_VALUE;

    private static final float SMALLEST_NORMAL_F16 = 0x1p-14f;
    /** Bits of a float's mantissa that a half has not. */
    private static final int LOST = (1 << 13) - 1;

    private final WeightFormat format;
    private long saturated;

    public WeightRounding(WeightFormat format) {
        this.format = format;
    }

    public WeightFormat format() {
        return format;
    }

    /** Weights so far that were too large for the format. */
    public long saturated() {
        return saturated;
    }

    /** The weight as it travels and serves. */
    public float round(long key, float weight) {
        if (format == WeightFormat.F32 || Float.isNaN(weight)) {
            return weight;
        }
        float largest = format == WeightFormat.F16 ? MAX_F16 : (float) MAX_Q / Q_ONE;
        if (Math.abs(weight) > largest) {
            saturated++;
            return Math.copySign(largest, weight);
        }
        int random = random(key, weight);
        float rounded = format == WeightFormat.F16 ? half(Math.abs(weight), random) : fixed(Math.abs(weight), random);
        return rounded == 0 ? 0f : Math.copySign(Math.min(rounded, largest), weight);
    }

    private static float half(float magnitude, int random) {
        if (magnitude < SMALLEST_NORMAL_F16) {
            return (float) (Math.floor(magnitude * 0x1p24 + unit(random)) * 0x1p-24);
        }
        // The carry goes on into the exponent, as it must.
        return Float.intBitsToFloat((Float.floatToRawIntBits(magnitude) + (random & LOST)) & ~LOST);
    }

    private static float fixed(float magnitude, int random) {
        return (float) (Math.floor(magnitude * (double) Q_ONE + unit(random)) / Q_ONE);
    }

    /** 0 ≤ u &lt; 1, of all 32 bits. */
    private static double unit(int random) {
        return Integer.toUnsignedLong(random) * 0x1p-32;
    }

    /** Finalizer of SplitMix64 (Steele et al. 2014). */
    private static int random(long key, float weight) {
        long x = key * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(weight);
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return (int) ((x ^ (x >>> 31)) >>> 16);
    }

    /** Whether 16 bits carry exactly this value. */
    static boolean fits(WeightFormat format, float weight) {
        return Float.floatToIntBits(decode(format, encode(format, weight))) == Float.floatToIntBits(weight);
    }

    /** @param format of 16 bits */
    static short encode(WeightFormat format, float weight) {
        if (format == WeightFormat.F16) {
            return Float.isNaN(weight) ? TOMBSTONE_F16 : Float.floatToFloat16(weight);
        }
        if (Float.isNaN(weight)) {
            return TOMBSTONE_Q;
        }
        return (short) Math.clamp((long) (weight * (double) Q_ONE), -MAX_Q, MAX_Q);
    }

    static float decode(WeightFormat format, short code) {
        if (format == WeightFormat.F16) {
            return Float.float16ToFloat(code);
        }
        return code == TOMBSTONE_Q ? Float.NaN : (float) code / Q_ONE;
    }
}
