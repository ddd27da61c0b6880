package dev.millrace.api.canary;

import java.time.Duration;

/**
 * How freshness is watched.
 *
 * @param on whether canaries fly
 * @param every so often one
 * @param objective the longest way that counts as good
 * @param target share of good ones that is promised, in (0, 1)
 * @param lost after so long one counts as lost
 */
public record CanaryConfig(boolean on, Duration every, Duration objective, double target, Duration lost) {
    public static final CanaryConfig DEFAULT =
            new CanaryConfig(true, Duration.ofSeconds(1), Duration.ofSeconds(1), 0.99, Duration.ofSeconds(30));
    public static final CanaryConfig OFF = DEFAULT.withOn(false);

    public CanaryConfig {
        require(every.toMillis() >= 10, "every must be 10 ms at least");
        require(objective.isPositive(), "objective must be above 0");
        require(target > 0 && target < 1, "target must lie between 0 and 1");
        require(lost.compareTo(objective) > 0, "lost must be longer than the objective");
    }

    public CanaryConfig withOn(boolean flies) {
        return new CanaryConfig(flies, every, objective, target, lost);
    }

    /** With another objective; lost is what takes thirty times as long, or 30 s. */
    public CanaryConfig withObjective(Duration other) {
        Duration late = other.multipliedBy(30);
        return new CanaryConfig(on, every, other, target, late.compareTo(lost) > 0 ? late : lost);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("canary: " + otherwise);
        }
    }
}
