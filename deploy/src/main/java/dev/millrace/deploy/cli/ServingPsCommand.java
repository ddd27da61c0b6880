package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ps.remote.ServingShards;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.wire.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace serving-ps}. */
@Command(
        name = "serving-ps",
        mixinStandardHelpOptions = true,
        header = "Holds serving weights of some shards of a model for ranking elsewhere, until stopped.",
        description = {
            "",
            "Follows the model's delta log and answers batched reads. Processes that serve the same shards stand in for"
                    + " each other; together they must serve all. Ranking reads them with serve --weights. Whoever"
                    + " reaches an address can read the weights: listen where only your own machines can connect."
        })
final class ServingPsCommand implements Callable<Integer> {
    private static final long LOOK_MS = 50;
    private static final double LONG_S = 10;

    @Option(
            names = "--bootstrap-servers",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Kafka with the model's delta log.")
    private String bootstrapServers = "";

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder that keeps the rows over a restart, this process's own.")
    private Path data = Path.of("");

    @Option(
            names = "--snapshots",
            paramLabel = "PLACE",
            description = "Where the learner keeps the model's snapshots, for what the log no longer holds: a folder"
                    + " (with millrace serve models/NAME/snapshots in its data folder), or"
                    + " s3://BUCKET/PREFIX?region=REGION&endpoint=URL. Default: none.")
    @Nullable
    private String snapshots;

    @Option(
            names = "--shards",
            paramLabel = "SHARDS",
            defaultValue = "all",
            description = "Shards that it serves, like 0-1 or 0,2-3. Default: ${DEFAULT-VALUE}.")
    private String shards = "all";

    @Option(
            names = "--listen",
            required = true,
            split = ",",
            paramLabel = "ENDPOINT",
            description =
                    "Where it answers: tcp://HOST:PORT, grpc://HOST:PORT, unix:/PATH, shm:/PATH; several, separated"
                            + " by commas.")
    private List<String> listen = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        List<Endpoint> endpoints = listen.stream().map(Endpoint::parse).toList();
        ShardSet wanted = ShardSet.parse(shards);
        Files.createDirectories(data);
        Logs.into(data);
        long startNs = System.nanoTime();
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(data);
                ServingShards serving = start(wanted, loaded, endpoints)) {
            say(
                    "shards %s of model %s at %s",
                    wanted,
                    loaded.spec().model(),
                    serving.endpoints().stream().map(Endpoint::toString).collect(Collectors.joining(",")));
            follow(serving, startNs);
        }
        return 0;
    }

    /** Until the stop interrupts; says when it has caught up, when no more, and when that takes long. */
    private void follow(ServingShards serving, long startNs) throws InterruptedException {
        boolean said = false;
        boolean complained = false;
        while (true) {
            boolean caughtUp = serving.replica().caughtUp();
            double seconds = (System.nanoTime() - startNs) / 1e9;
            if (caughtUp != said) {
                said = caughtUp;
                say(
                        caughtUp ? "caught up after %.1f s, %d rows" : "not caught up any more after %.1f s, %d rows",
                        seconds,
                        serving.replica().version().rows());
            }
            if (!caughtUp && !complained && seconds > LONG_S) {
                complained = true;
                say("not caught up after %.1f s; why stands in %s", seconds, data.resolve("millrace.log"));
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private ServingShards start(ShardSet wanted, LoadedSpec loaded, List<Endpoint> endpoints) throws IOException {
        var config = new ServingReplica.Config(bootstrapServers, data.resolve("rows"), snapshotPlace(), wanted);
        try {
            return ServingShards.start(config, loaded.spec(), endpoints, Clock.systemUTC());
        } catch (KafkaException e) {
            throw new IOException("there can be no Kafka at '" + bootstrapServers + "'", e);
        }
    }

    private SnapshotPlace snapshotPlace() {
        return snapshots == null
                ? SnapshotPlace.folder(data.resolve("snapshots"))
                : SnapshotPlace.parse(snapshots, data.resolve("scratch"));
    }

    private static void say(String format, Object... args) {
        System.out.println("millrace: " + String.format(Locale.ROOT, format, args));
    }
}
