package dev.millrace.deploy.cli;

import dev.millrace.deploy.cluster.JoinCluster;
import dev.millrace.deploy.cluster.JoinOnCluster;
import dev.millrace.deploy.embedded.LoadedSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace join-cluster}. */
@Command(
        name = "join-cluster",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Runs the join on a Flink cluster of processes on this machine, until stopped.",
        description = {
            "",
            "A JobManager, TaskManagers of one slot each, and the job, with RocksDB for its state. It continues from the"
                    + " newest savepoint or checkpoint in --data, and takes a savepoint when it is stopped: start it"
                    + " again with another --parallelism, other specs or another version. The topics must be there.",
            ""
        })
final class JoinClusterCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(JoinClusterCommand.class);
    private static final Duration START = Duration.ofMinutes(2);
    private static final long LOOK_MS = 500;

    @Option(names = "--bootstrap-servers", required = true, paramLabel = "K", description = "Kafka, HOST:PORT.")
    private String bootstrapServers = "";

    @Option(
            names = "--spec",
            required = true,
            paramLabel = "FILE",
            description = "A model; again for each further one, a challenger that 'learnsFrom' it say.")
    private List<Path> specs = List.of();

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder that keeps checkpoints, savepoints and logs.")
    private Path data = Path.of("");

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            defaultValue = "1",
            description = "Parts of the join, each in a TaskManager of its own. Default: ${DEFAULT-VALUE}.")
    private int parallelism;

    @Override
    public Integer call() throws Exception {
        if (parallelism < 1) {
            throw new IllegalArgumentException("--parallelism " + parallelism + ": must be at least 1");
        }
        for (Path spec : specs) {
            LoadedSpec.read(spec);
        }
        Files.createDirectories(data);
        Path folder = data.toAbsolutePath().normalize();
        Logs.into(folder);
        var run = new JoinOnCluster.Run(
                bootstrapServers, specs, folder.resolve("checkpoints").toUri(), parallelism);
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(folder);
                JoinCluster cluster =
                        JoinCluster.start(Home.folder(), folder.resolve("cluster"), parallelism, List.of());
                JoinOnCluster join = new JoinOnCluster(cluster)) {
            join.awaitSlots(parallelism, START);
            JobID job = join.submit(run);
            join.awaitRunning(job, START);
            System.out.println("millrace: join " + job + " running; Flink at http://127.0.0.1:" + cluster.restPort()
                    + ", TaskManagers " + cluster.taskManagerPids());
            awaitStop(cluster, join, job, folder);
        }
        return 0;
    }

    private static void awaitStop(JoinCluster cluster, JoinOnCluster join, JobID job, Path folder) throws IOException {
        try {
            while (cluster.isAlive()) {
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            }
        } catch (InterruptedException e) {
            LOG.info("stops");
            savepoint(join, job, folder);
            return;
        }
        throw new IOException("the JobManager has died; see " + folder.resolve("cluster"));
    }

    private static void savepoint(JoinOnCluster join, JobID job, Path folder) throws IOException {
        try {
            String path =
                    join.stop(job, folder.resolve("checkpoints/savepoints").toUri());
            System.out.println("millrace: savepoint " + path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
