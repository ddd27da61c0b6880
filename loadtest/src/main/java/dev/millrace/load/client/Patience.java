package dev.millrace.load.client;

import java.time.Duration;

/**
 * How long to go on after connection failures and 429, 502, 503, 504.
 *
 * @param total from the first attempt to giving up
 * @param firstPause between the first two attempts; doubles from one to the next
 * @param longestPause bound of the doubling, and of a server's Retry-After
 */
public record Patience(Duration total, Duration firstPause, Duration longestPause) {
    /** Survives a kill and a restart of the service. */
    public static final Patience DEFAULT = of(Duration.ofSeconds(120));

    public Patience {
        if (total.isNegative() || !firstPause.isPositive() || longestPause.compareTo(firstPause) < 0) {
            throw new IllegalArgumentException("patience needs total >= 0 and 0 < firstPause <= longestPause");
        }
    }

    public static Patience of(Duration total) {
        return new Patience(total, Duration.ofMillis(100), Duration.ofSeconds(2));
    }
}
