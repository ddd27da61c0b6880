package dev.millrace.ps.serve;

/**
 * Standard normal numbers by hash: 4,096 quantiles of the distribution, each as likely, scaled to a variance of 1. So
 * nothing beyond 3.7 deviations is drawn, which sums over features do not notice. Same bits on every machine.
 */
final class NormalTable {
    private static final int BITS = 12;
    private static final float[] QUANTILES = quantiles(1 << BITS);

    private NormalTable() {}

    /** The number that a stream has for a key. */
    static float at(long stream, long key) {
        long x = key * 0xD6E8FEB86659FD93L + stream;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return QUANTILES[(int) ((x ^ (x >>> 31)) >>> (Long.SIZE - BITS))];
    }

    private static float[] quantiles(int n) {
        double[] exact = new double[n];
        double squares = 0;
        for (int i = 0; i < n; i++) {
            exact[i] = quantile((i + .5) / n);
            squares += exact[i] * exact[i];
        }
        float[] scaled = new float[n];
        double deviation = StrictMath.sqrt(squares / n);
        for (int i = 0; i < n; i++) {
            scaled[i] = (float) (exact[i] / deviation);
        }
        return scaled;
    }

    /** The p-quantile: Newton's steps on Φ(x) = p, its density being the derivative. */
    private static double quantile(double p) {
        double x = 0;
        for (int step = 0; step < 60; step++) {
            double density = StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * Math.PI);
            double off = cumulative(x) - p;
            // From the middle outwards it never overshoots by more than it then takes back.
            x -= Math.clamp(off / density, -.5, .5);
        }
        return x;
    }

    /** Φ(x) by its series ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Marsaglia 2004). */
    private static double cumulative(double x) {
        double sum = x;
        double term = x;
        for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return .5 + sum * StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * Math.PI);
    }
}
