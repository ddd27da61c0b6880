package dev.millrace.join.flink;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Flink's cluster in this process, with one job. Calls of one thread; {@code close} of any. */
final class LocalCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Duration RESTORE = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofSeconds(20);
    private static final long POLL_MS = 20;

    private final MiniCluster cluster;
    private final JoinMetrics metrics;
    private final JoinJob.Config config;
    private final SpecTexts specs;
    private final int sources;
    private volatile @Nullable JobID job;

    private LocalCluster(
            MiniCluster cluster, JoinMetrics metrics, JoinJob.Config config, SpecTexts specs, int sources) {
        this.cluster = cluster;
        this.metrics = metrics;
        this.config = config;
        this.specs = specs;
        this.sources = sources;
    }

    static LocalCluster start(JoinJob.Config config, SpecTexts specs, int sources) {
        Configuration flink = FlinkSettings.localCluster(config);
        JoinMetrics metrics = JoinMetrics.configure(flink);
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(flink)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(config.parallelism())
                .build());
        try {
            cluster.start();
        } catch (Exception e) {
            metrics.close();
            throw new IllegalStateException("Flink's local cluster does not start", e);
        }
        return new LocalCluster(cluster, metrics, config, specs, sources);
    }

    /** The checkpoint that it continues from; empty when there is none. */
    Optional<String> submitFromNewest() throws InterruptedException {
        List<String> checkpoints = checkpoints();
        if (checkpoints.isEmpty()) {
            submit(Optional.empty());
            return Optional.empty();
        }
        IllegalStateException failures = new IllegalStateException("the join can restore none of its checkpoints "
                + checkpoints + "; empty " + config.checkpointDir() + " to read the log from its beginning");
        for (String checkpoint : checkpoints) {
            submit(Optional.of(checkpoint));
            try {
                awaitRestored();
                LOG.info("join continues from {}", checkpoint);
                return Optional.of(checkpoint);
            } catch (IllegalStateException e) {
                LOG.warn("join cannot restore {}, tries the one before", checkpoint, e);
                failures.addSuppressed(e);
                cancel();
            }
        }
        throw failures;
    }

    private List<String> checkpoints() {
        try {
            Checkpoints.prune(config.checkpointDir());
            return Checkpoints.newestFirst(config.checkpointDir());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look for checkpoints in " + config.checkpointDir(), e);
        }
    }

    private void submit(Optional<String> restoreFrom) throws InterruptedException {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.job(config, restoreFrom));
        JoinPipeline.build(env, config, specs, sources);
        JobGraph graph = env.getStreamGraph().getJobGraph();
        restoreFrom.ifPresent(path -> graph.setSavepointRestoreSettings(SavepointRestoreSettings.forPath(path)));
        job = graph.getJobID();
        get(cluster.submitJob(graph), ANSWER);
    }

    /** Slow is not failed: only a failure sends the job to an older checkpoint. */
    private void awaitRestored() throws InterruptedException {
        try {
            await(RESTORE, true);
        } catch (TimeoutException e) {
            LOG.warn("join still restores after {}", RESTORE);
        }
    }

    void awaitRunning(Duration timeout) throws InterruptedException, TimeoutException {
        await(timeout, false);
    }

    private void await(Duration timeout, boolean firstFailureEnds) throws InterruptedException, TimeoutException {
        long startNs = System.nanoTime();
        while (true) {
            AccessExecutionGraph graph = graph();
            if (allRun(graph)) {
                return;
            }
            ErrorInfo failure = graph.getFailureInfo();
            if (graph.getState().isGloballyTerminalState() || (firstFailureEnds && failure != null)) {
                String why = failure == null ? "" : ": " + failure.getExceptionAsString();
                throw new IllegalStateException("the join is " + graph.getState() + why);
            }
            if (System.nanoTime() - startNs > timeout.toNanos()) {
                throw new TimeoutException("the join is " + graph.getState() + " after " + timeout);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    private static boolean allRun(AccessExecutionGraph graph) {
        if (graph.getState() != JobStatus.RUNNING) {
            return false;
        }
        for (AccessExecutionVertex vertex : graph.getAllExecutionVertices()) {
            if (vertex.getExecutionState() != ExecutionState.RUNNING) {
                return false;
            }
        }
        return true;
    }

    private AccessExecutionGraph graph() throws InterruptedException {
        return get(cluster.getExecutionGraph(job()), ANSWER);
    }

    JoinMetrics metrics() {
        return metrics;
    }

    JobStatus status() {
        try {
            return get(cluster.getJobStatus(job()), ANSWER);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    JobClient client() {
        return new MiniClusterJobClient(
                job(),
                cluster,
                LocalCluster.class.getClassLoader(),
                MiniClusterJobClient.JobFinalizationBehavior.NOTHING);
    }

    private JobID job() {
        JobID id = job;
        if (id == null) {
            throw new IllegalStateException("no job was submitted");
        }
        return id;
    }

    private void cancel() throws InterruptedException {
        if (!status().isGloballyTerminalState()) {
            get(cluster.cancelJob(job()), ANSWER);
            get(cluster.requestJobResult(job()), STOP);
        }
    }

    private static <T> T get(Future<T> answer, Duration timeout) throws InterruptedException {
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("Flink: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("Flink: no answer in " + timeout, e);
        }
    }

    @Override
    public void close() {
        metrics.close();
        try {
            lastCheckpoint();
            if (job != null) {
                cancel();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            LOG.warn("join was not cancelled: {}", e.toString());
        }
        cluster.closeAsync()
                .orTimeout(STOP.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(e -> {
                    LOG.warn("Flink's local cluster did not stop: {}", e.toString());
                    return null;
                })
                .join();
    }

    /** Saves the next start from sending again what came since the last one. */
    private void lastCheckpoint() throws InterruptedException {
        try {
            if (job != null && allRun(graph())) {
                get(cluster.triggerCheckpoint(job()), ANSWER);
            }
        } catch (IllegalStateException e) {
            LOG.info("join stops without a last checkpoint: {}", e.toString());
        }
    }
}
