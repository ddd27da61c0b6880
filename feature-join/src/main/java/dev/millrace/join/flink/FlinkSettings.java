package dev.millrace.join.flink;

import java.time.Duration;
import java.util.Optional;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointingMode;

/** The join's configuration in Flink's words. */
final class FlinkSettings {
    private static final Duration WATERMARKS_EVERY = Duration.ofMillis(20);
    private static final Duration CHECKPOINT_TIMEOUT = Duration.ofMinutes(2);
    static final int MAX_PARALLELISM = 128;

    private static final String LOOPBACK = "127.0.0.1";

    private FlinkSettings() {}

    /**
     * Of the job, wherever it runs.
     *
     * @param restoreFrom a checkpoint's folder; empty: start from the beginning of the log
     */
    static Configuration job(JoinJob.Config config, Optional<String> restoreFrom) {
        Configuration flink = new Configuration();
        flink.set(PipelineOptions.NAME, JoinPipeline.NAME);
        flink.set(CoreOptions.DEFAULT_PARALLELISM, config.parallelism());
        flink.set(PipelineOptions.MAX_PARALLELISM, MAX_PARALLELISM);
        // Kryo would tie the state to class files.
        flink.set(PipelineOptions.GENERIC_TYPES, false);
        // All records are immutable.
        flink.set(PipelineOptions.OBJECT_REUSE, true);
        flink.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, WATERMARKS_EVERY);
        flink.set(ExecutionOptions.BUFFER_TIMEOUT, config.bufferTimeout());
        flink.set(StateBackendOptions.STATE_BACKEND, config.state().flinkName());
        flink.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        flink.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        flink.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                config.checkpointDir().toString());
        flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, config.checkpointInterval());
        // A large state on the heap takes a second to write; it is not to take half of a core.
        flink.set(CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS, config.checkpointInterval());
        flink.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, CHECKPOINT_TIMEOUT);
        flink.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        flink.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, Checkpoints.RETAINED);
        flink.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        flink.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        flink.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF, Duration.ofMillis(500));
        flink.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF, Duration.ofSeconds(30));
        restoreFrom.ifPresent(path -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
        return flink;
    }

    /** Of the local cluster: small, on no fixed port, seen from this machine only. */
    static Configuration localCluster(JoinJob.Config config) {
        Configuration flink = job(config, Optional.empty());
        flink.set(RestOptions.ADDRESS, LOOPBACK);
        flink.set(RestOptions.BIND_ADDRESS, LOOPBACK);
        flink.set(RestOptions.BIND_PORT, "0");
        flink.set(TaskManagerOptions.NUM_TASK_SLOTS, config.parallelism());
        flink.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
        flink.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));
        flink.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(1));
        if (config.scratchDir() != null) {
            flink.set(CoreOptions.TMP_DIRS, config.scratchDir().toString());
        }
        return flink;
    }
}
