package dev.millrace.learner.run;

import dev.millrace.learner.bus.GateConfig;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.nio.file.Path;
import java.time.Duration;

/**
 * @param snapshots where this model's snapshots are
 * @param snapshotInterval how often one is written while it learns
 * @param keepSnapshots how many stay
 * @param recentIds how many of the latest sample ids are recognized when they come again; more than the join can emit
 *     between two checkpoints
 * @param maxDeltaRows a batch is closed once it has changed this many rows
 * @param maxPollRecords most sample blocks a batch
 * @param deltaInterval deltas are no closer together: under load one carries what many samples changed in the same rows
 * @param gate when publishing freezes
 * @param steps on what device it learns
 * @param restartDelay pause before it starts again after a failure; doubles up to 30 s while it fails again
 */
public record LearnerConfig(
        String bootstrapServers,
        SnapshotPlace snapshots,
        Duration snapshotInterval,
        int keepSnapshots,
        int recentIds,
        int maxDeltaRows,
        int maxPollRecords,
        Duration deltaInterval,
        Duration restartDelay,
        GateConfig gate,
        StepMaker steps) {
    public LearnerConfig {
        require(snapshotInterval.isPositive(), "snapshotInterval must be longer than zero");
        require(keepSnapshots >= 1, "keepSnapshots must be at least 1");
        require(recentIds >= 1, "recentIds must be at least 1");
        require(maxDeltaRows >= 1, "maxDeltaRows must be at least 1");
        require(maxPollRecords >= 1, "maxPollRecords must be at least 1");
        require(!deltaInterval.isNegative(), "deltaInterval must not be negative");
        require(!restartDelay.isNegative(), "restartDelay must not be negative");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }

    public static LearnerConfig of(String bootstrapServers, Path snapshots) {
        return of(bootstrapServers, SnapshotPlace.folder(snapshots));
    }

    public static LearnerConfig of(String bootstrapServers, SnapshotPlace snapshots) {
        return new LearnerConfig(
                bootstrapServers,
                snapshots,
                Duration.ofSeconds(10),
                3,
                1 << 20,
                100_000,
                256,
                Duration.ofMillis(20),
                Duration.ofSeconds(1),
                GateConfig.DEFAULT,
                StepMaker.CPU);
    }

    public LearnerConfig withSteps(StepMaker onDevice) {
        return new LearnerConfig(
                bootstrapServers,
                snapshots,
                snapshotInterval,
                keepSnapshots,
                recentIds,
                maxDeltaRows,
                maxPollRecords,
                deltaInterval,
                restartDelay,
                gate,
                onDevice);
    }

    public LearnerConfig withGate(GateConfig other) {
        return new LearnerConfig(
                bootstrapServers,
                snapshots,
                snapshotInterval,
                keepSnapshots,
                recentIds,
                maxDeltaRows,
                maxPollRecords,
                deltaInterval,
                restartDelay,
                other,
                steps);
    }
}
