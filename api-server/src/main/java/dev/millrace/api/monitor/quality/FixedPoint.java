package dev.millrace.api.monitor.quality;

/**
 * Sums in whole multiples of 2⁻²⁴: they add to the same in any order, so that replicas merge, what is taken back is
 * gone, and a restart changes no digit. One addend is off by at most 3·10⁻⁸; a sum may reach 5·10¹¹.
 */
public final class FixedPoint {
    private static final double UNITS = 1 << 24;

    private FixedPoint() {}

    public static long of(double value) {
        return Math.round(value * UNITS);
    }

    public static double value(long units) {
        return units / UNITS;
    }
}
