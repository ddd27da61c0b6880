package dev.millrace.deploy.cluster;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;

/** The join as a job of a standalone cluster, through Flink's REST API: what {@code flink run} and {@code flink stop} do. */
public final class JoinOnCluster implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final long LOOK_MS = 100;

    private static final String COMMAND_LINE = "org.apache.flink.client.cli.CliFrontend";
    private static final Pattern SUBMITTED = Pattern.compile("JobID ([0-9a-f]{32})");

    private final RestClusterClient<StandaloneClusterId> client;
    private final JoinCluster cluster;

    public JoinOnCluster(JoinCluster cluster) throws IOException {
        this.cluster = cluster;
        Configuration flink = new Configuration();
        flink.set(JobManagerOptions.ADDRESS, JoinCluster.LOOPBACK);
        flink.set(RestOptions.ADDRESS, JoinCluster.LOOPBACK);
        flink.set(RestOptions.PORT, cluster.restPort());
        flink.set(DeploymentOptions.TARGET, "remote");
        try {
            client = new RestClusterClient<>(flink, StandaloneClusterId.getInstance());
        } catch (Exception e) {
            throw new IOException("no client of the cluster at port " + cluster.restPort(), e);
        }
    }

    /**
     * What the job is told.
     *
     * @param specs files
     * @param checkpoints where it keeps them, and looks for what to continue from
     */
    public record Run(String bootstrapServers, List<Path> specs, URI checkpoints, int parallelism) {
        private List<String> arguments() {
            return List.of(
                    "--bootstrap",
                    bootstrapServers,
                    "--specs",
                    String.join(
                            ",",
                            specs.stream()
                                    .map(s -> s.toAbsolutePath().toString())
                                    .toList()),
                    "--checkpoints",
                    checkpoints.toString(),
                    "--parallelism",
                    Integer.toString(parallelism));
        }
    }

    /** Returns when the cluster has so many slots. */
    public void awaitSlots(int slots, Duration timeout) throws InterruptedException, TimeoutException {
        long endNs = System.nanoTime() + timeout.toNanos();
        while (slots() < slots) {
            if (System.nanoTime() > endNs) {
                throw new TimeoutException("the cluster has not " + slots + " slots after " + timeout);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private int slots() throws InterruptedException {
        if (!cluster.isAlive()) {
            throw new IllegalStateException("the JobManager has died; see its log beside " + cluster.jar());
        }
        try {
            return client.getClusterOverview()
                    .get(ANSWER.toSeconds(), TimeUnit.SECONDS)
                    .getNumSlotsAvailable();
        } catch (ExecutionException | TimeoutException e) {
            // Not up yet.
            return 0;
        }
    }

    /**
     * Submits the join, which continues from what it finds among its checkpoints: Flink's own command line, in a process
     * that has the classes of the cluster and none of ours.
     */
    public JobID submit(Run run) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                "--detached",
                "--jobmanager",
                JoinCluster.LOOPBACK + ":" + cluster.restPort(),
                "--class",
                JobJar.MAIN_CLASS,
                cluster.jar().toString()));
        arguments.addAll(run.arguments());
        Process process = cluster.command(COMMAND_LINE, arguments).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        Matcher submitted = SUBMITTED.matcher(output);
        if (exit != 0 || !submitted.find()) {
            throw new IOException("the join was not submitted:" + System.lineSeparator() + output);
        }
        return JobID.fromHexString(submitted.group(1));
    }

    public JobStatus status(JobID job) throws IOException, InterruptedException {
        return get(client.getJobStatus(job));
    }

    /** Returns when every task of the job runs. */
    public void awaitRunning(JobID job, Duration timeout) throws IOException, InterruptedException, TimeoutException {
        long endNs = System.nanoTime() + timeout.toNanos();
        while (!allRun(job)) {
            JobStatus status = status(job);
            if (status.isGloballyTerminalState()) {
                throw new IOException("the join is " + status + "; see the JobManager's log");
            }
            if (System.nanoTime() > endNs) {
                throw new TimeoutException("the join is " + status + " after " + timeout);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private boolean allRun(JobID job) throws IOException, InterruptedException {
        var details = get(client.getJobDetails(job));
        return details.getJobStatus() == JobStatus.RUNNING
                && details.getJobVertexInfos().stream()
                        .allMatch(task ->
                                task.getExecutionState() == org.apache.flink.runtime.execution.ExecutionState.RUNNING);
    }

    /** A savepoint while the job runs on. @return its folder */
    public String savepoint(JobID job, URI dir) throws IOException, InterruptedException {
        return get(client.triggerSavepoint(job, dir.toString(), SavepointFormatType.CANONICAL));
    }

    /** Stops the job with a savepoint from which another parallelism or version continues. @return its folder */
    public String stop(JobID job, URI dir) throws IOException, InterruptedException {
        return get(client.stopWithSavepoint(job, false, dir.toString(), SavepointFormatType.CANONICAL));
    }

    private static <T> T get(CompletableFuture<T> answer) throws IOException, InterruptedException {
        try {
            return answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException("Flink: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("Flink: no answer in " + ANSWER, e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
