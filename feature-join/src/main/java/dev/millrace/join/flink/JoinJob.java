package dev.millrace.join.flink;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.match.RequestMatcher;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.jspecify.annotations.Nullable;

/** The join, running in this process. Close it to stop it: its checkpoints stay, and the next start continues there. */
public final class JoinJob implements AutoCloseable {
    private final LocalCluster cluster;
    private final @Nullable String restoredFrom;

    /** A savepoint of one is restored by the other. */
    public enum StateBackend {
        /** On the heap: the fastest, and written whole at each checkpoint. */
        HEAP("hashmap"),
        /**
         * On disk, checkpoints incremental. For clusters alone: Flink's RocksDB has the packages of the one that
         * profiles and rows use, and would meet it in one process.
         */
        ROCKSDB("rocksdb");

        private final String flinkName;

        StateBackend(String flinkName) {
            this.flinkName = flinkName;
        }

        String flinkName() {
            return flinkName;
        }
    }

    /**
     * @param checkpointDir a folder of its own, local or of an object store that Flink knows
     * @param parallelism tasks that match; the source has at most as many as the log has partitions
     * @param maxDisorder how much older than its predecessors in a partition a record of the log may be
     * @param bufferTimeout longest wait of a record between two tasks
     * @param blockLinger longest wait of a sample in an unfinished block
     * @param blockSamples of a block, at most
     * @param blockBytes of a block of more than one sample, at most
     * @param state where the match keeps its requests
     * @param maxActions that wait for the impression of one request, and ids that are remembered of it, at most
     * @param scratchDir of the local cluster; null: the JVM's folder of temporary files
     */
    public record Config(
            String bootstrapServers,
            URI checkpointDir,
            Duration checkpointInterval,
            int parallelism,
            Duration maxDisorder,
            Duration bufferTimeout,
            Duration blockLinger,
            int blockSamples,
            int blockBytes,
            int maxActions,
            StateBackend state,
            @Nullable Path scratchDir) {
        public Config {
            check(parallelism >= 1 && parallelism <= FlinkSettings.MAX_PARALLELISM, "parallelism", parallelism);
            check(blockSamples >= 1, "blockSamples", blockSamples);
            check(blockBytes >= 1 && blockBytes <= Topics.MAX_RECORD_BYTES / 2, "blockBytes", blockBytes);
            check(maxActions >= 1, "maxActions", maxActions);
            check(checkpointInterval.toMillis() >= 10, "checkpointInterval", checkpointInterval);
            check(!maxDisorder.isNegative(), "maxDisorder", maxDisorder);
            check(!bufferTimeout.isNegative(), "bufferTimeout", bufferTimeout);
            check(!blockLinger.isNegative(), "blockLinger", blockLinger);
        }

        private static void check(boolean holds, String name, Object value) {
            if (!holds) {
                throw new IllegalArgumentException("join: " + name + " " + value + " is out of range");
            }
        }

        public static Config of(String bootstrapServers, URI checkpointDir) {
            return new Config(
                    bootstrapServers,
                    checkpointDir,
                    Duration.ofSeconds(5),
                    1,
                    Duration.ofMillis(200),
                    Duration.ofMillis(2),
                    Duration.ofMillis(5),
                    512,
                    512 << 10,
                    RequestMatcher.MAX_ACTIONS,
                    StateBackend.HEAP,
                    null);
        }

        public Config withParallelism(int tasks) {
            return with(tasks, maxDisorder, state, scratchDir);
        }

        public Config withMaxDisorder(Duration disorder) {
            return with(parallelism, disorder, state, scratchDir);
        }

        public Config withState(StateBackend backend) {
            return with(parallelism, maxDisorder, backend, scratchDir);
        }

        public Config withScratchDir(Path dir) {
            return with(parallelism, maxDisorder, state, dir);
        }

        private Config with(int tasks, Duration disorder, StateBackend backend, @Nullable Path dir) {
            return new Config(
                    bootstrapServers,
                    checkpointDir,
                    checkpointInterval,
                    tasks,
                    disorder,
                    bufferTimeout,
                    blockLinger,
                    blockSamples,
                    blockBytes,
                    maxActions,
                    backend,
                    dir);
        }
    }

    private JoinJob(LocalCluster cluster, @Nullable String restoredFrom) {
        this.cluster = cluster;
        this.restoredFrom = restoredFrom;
    }

    /**
     * Starts the job on a local cluster, from the newest checkpoint that it can restore. With one to restore it returns
     * when that is decided, a few seconds; else at once: see {@link #awaitRunning}.
     *
     * @param specs the YAML of one spec a model
     * @throws IllegalStateException when Kafka does not answer, or there are checkpoints but none can be restored: then
     *     labels would be lost, so starting anew (an empty folder) is left to a person
     */
    public static JoinJob submit(Config config, List<String> specs) throws InterruptedException {
        SpecTexts texts = new SpecTexts(specs);
        List<String> models = texts.read().stream().map(ModelSpec::model).toList();
        LogPartitions.checkSamples(config.bootstrapServers(), models, config.parallelism());
        int sources = Math.min(config.parallelism(), LogPartitions.fewest(config.bootstrapServers()));
        LocalCluster cluster = LocalCluster.start(config, texts, sources);
        try {
            return new JoinJob(cluster, cluster.submitFromNewest().orElse(null));
        } catch (RuntimeException | InterruptedException e) {
            cluster.close();
            throw e;
        }
    }

    public JobClient client() {
        return cluster.client();
    }

    /** The checkpoint that the job continued from; empty: it began with the log. */
    public Optional<String> restoredFrom() {
        return Optional.ofNullable(restoredFrom);
    }

    /** What its tasks have counted since they started, or hold now; 0 before they run. */
    public long number(JoinNumber number) {
        return cluster.metrics().sum(number);
    }

    public JobStatus status() {
        return cluster.status();
    }

    /**
     * Returns when every task runs: it reads the log.
     *
     * @throws TimeoutException when that takes longer
     * @throws IllegalStateException when the job has ended
     */
    public void awaitRunning(Duration timeout) throws InterruptedException, TimeoutException {
        cluster.awaitRunning(timeout);
    }

    /** Takes a last checkpoint if it can, and stops; bounded. */
    @Override
    public void close() {
        cluster.close();
    }
}
