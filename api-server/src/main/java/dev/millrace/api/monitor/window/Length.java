package dev.millrace.api.monitor.window;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How long a window is, and the buckets that it is kept in: it moves by a bucket, the newest of which is not over yet. Each
 * width is a multiple of the one before.
 */
public enum Length {
    TEN_SECONDS("10s", Duration.ofSeconds(1), 10),
    MINUTE("1m", Duration.ofSeconds(5), 12),
    HOUR("1h", Duration.ofMinutes(5), 12),
    DAY("1d", Duration.ofHours(2), 12),
    WEEK("7d", Duration.ofDays(1), 7);

    /** Those that stand in every frame. */
    static final List<Length> FRAMED = List.of(TEN_SECONDS, MINUTE, HOUR, DAY);

    private final String label;
    private final long bucketMs;
    private final int buckets;

    Length(String label, Duration bucket, int buckets) {
        this.label = label;
        this.bucketMs = bucket.toMillis();
        this.buckets = buckets;
    }

    public String label() {
        return label;
    }

    public static Optional<Length> of(String label) {
        return Arrays.stream(values())
                .filter(length -> length.label.equals(label))
                .findFirst();
    }

    /** Start of the bucket that holds a time. */
    long bucket(long timeMs) {
        return timeMs - Math.floorMod(timeMs, bucketMs);
    }

    long bucketMs() {
        return bucketMs;
    }

    /** Start of the oldest bucket of the window that ends at a time. */
    long from(long nowMs) {
        return bucket(nowMs) - (buckets - 1) * bucketMs;
    }

    /** What its distributions are compared with: a longer window, of which it is a small part. */
    Length reference() {
        return switch (this) {
            case TEN_SECONDS, MINUTE -> HOUR;
            case HOUR -> DAY;
            case DAY, WEEK -> WEEK;
        };
    }
}
