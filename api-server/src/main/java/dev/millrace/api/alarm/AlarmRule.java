package dev.millrace.api.alarm;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When an alarm is raised: a number beyond a bound for long enough.
 *
 * @param metric name of the number
 * @param above whether beyond is above the bound, or below it
 * @param lasting how long it must be so
 * @param says to a person, what it means
 */
public record AlarmRule(
        String name, String metric, boolean above, double bound, Duration lasting, Severity severity, String says) {
    /** How soon somebody should look. */
    public enum Severity {
        CRITICAL,
        WARNING
    }

    private static final Pattern WHEN =
            Pattern.compile("([a-zA-Z][a-zA-Z0-9.]*)\\s*([<>])\\s*(-?[0-9.]+(?:[eE]-?\\d+)?)");

    /** @param when like {@code learningLagMs > 30000} */
    static AlarmRule of(String name, String when, Duration lasting, Severity severity, String says) {
        Matcher parts = WHEN.matcher(when.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException("alarm '" + name + "': when is '" + when
                    + "'; write a number's name, < or" + " >, and a bound, like learningLagMs > 30000");
        }
        return new AlarmRule(
                name,
                parts.group(1),
                parts.group(2).equals(">"),
                Double.parseDouble(parts.group(3)),
                lasting,
                severity,
                says);
    }

    boolean holds(double value) {
        return above ? value > bound : value < bound;
    }

    /** As it was written. */
    public String when() {
        return metric + (above ? " > " : " < ") + bound;
    }
}
