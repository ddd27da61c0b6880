package dev.millrace.ps.network;

import java.util.random.RandomGenerator;

/** First values of parameters. */
public final class Draw {
    private static final double SCALE = 0x1p-53;

    private Draw() {}

    static void normal(float[] to, int from, int end, double deviation, RandomGenerator random) {
        for (int i = from; i < end; i++) {
            to[i] = (float) (deviation * random.nextGaussian());
        }
    }

    /**
     * A new embedding, uniform with that standard deviation and never 0: a function of key and seed, so that whoever
     * makes the row makes the same.
     */
    public static void embedding(long key, long seed, double deviation, float[] to, int at, int dim) {
        double width = 2 * Math.sqrt(3) * deviation;
        for (int f = 0; f < dim; f++) {
            long bits = mix(key * 0x9E3779B97F4A7C15L + seed + f * 0xD6E8FEB86659FD93L);
            to[at + f] = (float) (((bits >>> 11 | 1) * SCALE - 0.5) * width);
        }
    }

    /** Finalizer of SplitMix64 (Steele et al. 2014). */
    private static long mix(long x) {
        long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
