package dev.millrace.api.monitor.window;

import java.util.Set;

/** The sums of one partition of the log, wherever they are made. */
interface PartitionSums {
    /** Adds the buckets of the window that ends at a time to {@code out}. */
    default void read(String model, String part, Length length, long nowMs, WindowSums out) {
        for (long start = length.from(nowMs); start <= nowMs; start += length.bucketMs()) {
            readBucket(new BucketKey(model, part, length, start), out);
        }
    }

    /** Adds one bucket to {@code out}. */
    void readBucket(BucketKey key, WindowSums out);

    /** Adds the names of the parts that have buckets of this length since a time. */
    void parts(String model, Length length, long fromMs, Set<String> out);
}
