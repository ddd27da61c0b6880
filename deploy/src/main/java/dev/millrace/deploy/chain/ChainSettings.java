package dev.millrace.deploy.chain;

import dev.millrace.ingest.proto.ChainTerms;
import dev.millrace.learner.chain.ChainWorker;
import java.time.Duration;
import java.util.List;

/**
 * How batch chains run here.
 *
 * @param worker how many at once, and how often a step is tried
 * @param cores that all of them together may use
 * @param memoryBytes that all of them together may have resident
 * @param sources folders, and {@code s3://} prefixes, that a run may read beside {@code import/} in the data folder
 * @param patience longest wait for a published version to be in effect
 * @param terms of a run that says nothing else
 * @param holdOut share of a run that says nothing else
 */
public record ChainSettings(
        ChainWorker.Config worker,
        int cores,
        long memoryBytes,
        List<String> sources,
        Duration patience,
        ChainTerms terms,
        double holdOut) {
    /** Of one run. */
    public static final long LEAST_BYTES = 128L << 20;

    /** Bounds that ordinary weights pass. */
    public static final ChainTerms TERMS = ChainTerms.newBuilder()
            .setMinSamples(100)
            .setMaxNormalizedEntropy(1)
            .setMinCalibration(0.5)
            .setMaxCalibration(2)
            .setMaxLossAbove(0.02)
            .setMaxWeight(1e4)
            .build();

    public static final ChainSettings DEFAULT = new ChainSettings(
            ChainWorker.Config.DEFAULT,
            Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
            2L << 30,
            List.of(),
            Duration.ofMinutes(2),
            TERMS,
            0.1);

    public ChainSettings {
        sources = List.copyOf(sources);
        require(cores >= 1, "cores: at least 1");
        require(
                memoryBytes / worker.atOnce() >= LEAST_BYTES,
                "memory: at least 128 MiB for each of atOnce " + worker.atOnce());
        require(patience.isPositive(), "patience: longer than zero");
        require(holdOut >= 0 && holdOut < 1, "holdOut: 0 up to 1");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("chains: " + message);
        }
    }

    /** What one run's process gets. */
    Share share() {
        return new Share(Math.max(1, cores / worker.atOnce()), memoryBytes / worker.atOnce());
    }

    /** @param bytes resident at most: heap, tables and all */
    record Share(int cores, long bytes) {}
}
