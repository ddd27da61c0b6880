package dev.millrace.deploy.bench;

/**
 * One measured number beside its target.
 *
 * @param target as a person reads it, {@code >= 0.75}
 */
public record Figure(String name, double value, String unit, String target, boolean ok) {
    public static Figure atLeast(String name, double value, String unit, double target) {
        return new Figure(name, value, unit, ">= " + number(target), value >= target);
    }

    public static Figure atMost(String name, double value, String unit, double target) {
        return new Figure(name, value, unit, "<= " + number(target), value <= target);
    }

    public static Figure exactly(String name, double value, String unit, double target) {
        return new Figure(name, value, unit, "= " + number(target), value == target);
    }

    /** Without a target: for the reader, and for later runs to compare with. */
    public static Figure measured(String name, double value, String unit) {
        return new Figure(name, value, unit, "none", true);
    }

    static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
