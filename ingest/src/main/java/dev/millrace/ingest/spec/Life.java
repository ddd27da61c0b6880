package dev.millrace.ingest.spec;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When the rows of a slot or cross are born, and when they go.
 *
 * @param minCount a key gets its row with its minCount-th occurrence among the recent ones, 1..{@value #MAX_COUNT}; 1:
 *     with the first
 * @param expireAfter event time after a row's last update, from {@link #SHORTEST} to {@link #LONGEST}; then it is
 *     deleted, here and in every copy. Null: never
 */
public record Life(int minCount, @Nullable Duration expireAfter) {
    /** What a 16-bit counter tells apart. */
    public static final int MAX_COUNT = 65_535;

    public static final Duration SHORTEST = Duration.ofMinutes(1);
    public static final Duration LONGEST = Duration.ofDays(3650);

    /** Born with the first occurrence, kept for good. */
    public static final Life DEFAULT = new Life(1, null);
}
