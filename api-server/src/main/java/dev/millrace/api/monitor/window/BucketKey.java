package dev.millrace.api.monitor.window;

import java.nio.charset.StandardCharsets;

/**
 * Which stretch of whose traffic.
 *
 * @param part {@code all}, {@code version=12}, {@code user.country=DE}, {@code head=like}
 * @param startMs of the bucket, event time
 */
record BucketKey(String model, String part, Length length, long startMs) {
    static final String ALL = "all";

    byte[] toBytes() {
        return (TaskWindows.BUCKETS + "\n" + model + "\n" + part + "\n" + length.label() + "\n" + startMs)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Whether it is of this model and length, and not older than a time. */
    boolean isOf(String ofModel, Length ofLength, long fromMs) {
        return model.equals(ofModel) && length == ofLength && startMs >= fromMs;
    }

    /** @param fields of the key after its first */
    static BucketKey of(String[] fields) {
        return new BucketKey(fields[1], fields[2], Length.of(fields[3]).orElseThrow(), Long.parseLong(fields[4]));
    }
}
