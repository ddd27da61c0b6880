package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.topic.TopicAdmin;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace broker}. */
@Command(
        name = "broker",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Runs one Kafka node on loopback, until stopped.",
        description = {
            "",
            "The node that serve runs inside itself, as a process of its own: for training-ps and learner on one machine."
                    + " With --spec it has the topics that training that model needs.",
            ""
        })
final class BrokerCommand implements Callable<Integer> {
    private static final int MAX_PORT = 65_535;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder that keeps the log.")
    private Path data = Path.of("");

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "9092",
            description = "Where clients connect; 0: any free one. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--spec", paramLabel = "FILE", description = "A model to train: create its topics.")
    @Nullable
    private Path spec;

    @Option(
            names = "--shards",
            paramLabel = "N",
            defaultValue = "1",
            description = "Shards of that model's training table. Default: ${DEFAULT-VALUE}.")
    private int shards;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Partitions of its samples: most learners that share them. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Override
    public Integer call() throws Exception {
        if (port < 0 || port > MAX_PORT || shards < 1 || partitions < 1) {
            throw new IllegalArgumentException("port 0.." + MAX_PORT + ", at least one shard and partition; not port "
                    + port + ", " + shards + " shards, " + partitions + " partitions");
        }
        LoadedSpec loaded = spec == null ? null : LoadedSpec.read(spec);
        checkPort(port);
        Files.createDirectories(data);
        Logs.into(data);
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(data);
                EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("kafka"), port)) {
            if (loaded != null) {
                TopicAdmin.Layout d = TopicAdmin.Layout.EMBEDDED;
                TopicAdmin.createTraining(
                        broker.bootstrapServers(),
                        loaded.spec().model(),
                        partitions,
                        new TopicAdmin.Layout(
                                d.partitions(), shards, d.replication(), d.retention(), d.retentionBytes()));
            }
            System.out.println("millrace: "
                    + String.format(Locale.ROOT, "Kafka at %s; log in %s", broker.bootstrapServers(), data));
            // Until the stop interrupts.
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private static void checkPort(int port) throws IOException {
        try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            free.setReuseAddress(true);
        } catch (BindException e) {
            throw new IOException(
                    "port " + port + " is in use by another program; stop it, or give another with --port", e);
        }
    }
}
