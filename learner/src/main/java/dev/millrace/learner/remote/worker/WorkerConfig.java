package dev.millrace.learner.remote.worker;

import java.time.Duration;

/**
 * @param maxBatchRecords most records of a batch
 * @param maxBatchFeatures a batch is closed once its samples have this many features
 * @param recentIds how many of a partition's latest sample ids are recognized when they come again; more than the join
 *     can emit between two checkpoints
 * @param windowRecords how many records before its first a partition is read to know those ids; four times as many, and
 *     so on, while that is too few
 * @param window most pushes to one shard that wait for their acknowledgement
 * @param callTimeout of one call to a shard
 * @param retry pause before a shard that failed is tried again
 * @param journalBytes of the journal, in all
 * @param journalSegmentBytes of one of its files
 */
public record WorkerConfig(
        Staleness staleness,
        int maxBatchRecords,
        int maxBatchFeatures,
        int recentIds,
        int windowRecords,
        int window,
        Duration callTimeout,
        Duration retry,
        long journalBytes,
        long journalSegmentBytes) {
    public WorkerConfig {
        require(maxBatchRecords >= 1, "maxBatchRecords must be at least 1");
        require(maxBatchFeatures >= 1, "maxBatchFeatures must be at least 1");
        require(recentIds >= 1, "recentIds must be at least 1");
        require(windowRecords >= 1, "windowRecords must be at least 1");
        require(window >= 1, "window must be at least 1");
        require(callTimeout.isPositive(), "callTimeout must be longer than zero");
        require(!retry.isNegative(), "retry must not be negative");
        require(journalSegmentBytes >= 1, "journalSegmentBytes must be at least 1");
        require(journalBytes >= 2 * journalSegmentBytes, "journalBytes must be at least two segments");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }

    public static WorkerConfig of(Staleness staleness) {
        return new WorkerConfig(
                staleness,
                256,
                1 << 16,
                1 << 20,
                1 << 14,
                16,
                Duration.ofSeconds(5),
                Duration.ofMillis(200),
                1L << 30,
                32L << 20);
    }
}
