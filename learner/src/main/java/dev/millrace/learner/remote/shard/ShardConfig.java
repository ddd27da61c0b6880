package dev.millrace.learner.remote.shard;

import java.time.Duration;

/**
 * @param queue most requests that wait for the owner; more are refused as overload
 * @param deltaInterval least time from one delta to the next: rows that change again meanwhile travel once
 * @param maxDeltaRows most rows of a delta; more make several
 * @param snapshotInterval how often a snapshot is written while the shard learns
 * @param lease how long a partition's learner is protected, after it was last heard of, from one of a lower epoch
 * @param retry pause before a delta or snapshot that failed is tried again
 */
public record ShardConfig(
        int queue,
        Duration deltaInterval,
        int maxDeltaRows,
        Duration snapshotInterval,
        Duration lease,
        Duration retry) {
    public static final ShardConfig DEFAULT = new ShardConfig(
            1024,
            Duration.ofMillis(20),
            100_000,
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(1));

    public ShardConfig {
        require(queue >= 1, "queue must be at least 1");
        require(!deltaInterval.isNegative(), "deltaInterval must not be negative");
        require(maxDeltaRows >= 1, "maxDeltaRows must be at least 1");
        require(snapshotInterval.isPositive(), "snapshotInterval must be longer than zero");
        require(!lease.isNegative(), "lease must not be negative");
        require(!retry.isNegative(), "retry must not be negative");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }

    ShardConfig withDeltaInterval(Duration interval) {
        return new ShardConfig(queue, interval, maxDeltaRows, snapshotInterval, lease, retry);
    }

    ShardConfig withMaxDeltaRows(int rows) {
        return new ShardConfig(queue, deltaInterval, rows, snapshotInterval, lease, retry);
    }

    public ShardConfig withSnapshotInterval(Duration interval) {
        return new ShardConfig(queue, deltaInterval, maxDeltaRows, interval, lease, retry);
    }
}
