package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.learner.remote.run.TrainingPs;
import dev.millrace.learner.remote.shard.ShardConfig;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.wire.Endpoint;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace training-ps}. */
@Command(
        name = "training-ps",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Owns shards of a model's training table, until stopped.",
        description = {
            "",
            "Processes of one model share its shards: the partitions of its delta topic. One that stops or dies is"
                    + " replaced by the others, or by itself when it comes back; every sample still counts once. Whoever"
                    + " reaches an address can change the weights: listen where only your own machines can connect.",
            ""
        })
final class TrainingPsCommand implements Callable<Integer> {
    private static final int KEEP = 3;

    @Option(
            names = "--bootstrap-servers",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Kafka with the model's topics.")
    private String bootstrapServers = "";

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @Option(
            names = "--shards",
            paramLabel = "SHARDS",
            defaultValue = "all",
            description = "Shards that it may own, like 0-7 or 0,2-3. Default: ${DEFAULT-VALUE}.")
    private String shards = "all";

    @Option(
            names = "--listen",
            split = ",",
            paramLabel = "ENDPOINT",
            defaultValue = "tcp://127.0.0.1:0",
            description =
                    "Where learners connect: tcp://HOST:PORT, grpc://HOST:PORT, unix:/PATH, shm:/PATH; several, separated"
                            + " by commas, the fastest first. Default: ${DEFAULT-VALUE}.")
    private List<String> listen = new ArrayList<>();

    @Option(
            names = "--advertise",
            split = ",",
            paramLabel = "ENDPOINT",
            description = "What learners are told instead, where an address differs from outside.")
    private List<String> advertise = new ArrayList<>();

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder of this process's own.")
    private Path data = Path.of("");

    @Option(
            names = "--snapshots",
            paramLabel = "PLACE",
            description = "Where the shards' snapshots are: a folder that every process of the group sees, or"
                    + " s3://BUCKET/PREFIX?region=REGION&endpoint=URL. Default: models/NAME/snapshots in the data folder;"
                    + " then a shard should not move: give each process its own with --shards.")
    @Nullable
    private String snapshots;

    @Option(
            names = "--snapshot-every",
            paramLabel = "D",
            defaultValue = "10s",
            description = "How often a shard that learns is snapshotted. Default: ${DEFAULT-VALUE}.")
    private Duration snapshotEvery = Duration.ofSeconds(10);

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        Logs.into(data);
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(data);
                TrainingPs ps = TrainingPs.start(
                        config(loaded.spec().model(), lock.instance()), loaded.spec(), Clock.systemUTC())) {
            System.out.println("millrace: "
                    + String.format(
                            Locale.ROOT,
                            "training shards of model %s (%s) at %s; log in %s",
                            loaded.spec().model(),
                            shards,
                            ps.endpoints().stream().map(Endpoint::toString).collect(Collectors.joining(",")),
                            data.resolve("millrace.log")));
            // Until the stop interrupts.
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private TrainingPs.Config config(String model, String instance) {
        return new TrainingPs.Config(
                bootstrapServers,
                instance,
                ShardSet.parse(shards),
                listen.stream().map(Endpoint::parse).toList(),
                advertise.stream().map(Endpoint::parse).toList(),
                snapshotPlace(model),
                KEEP,
                ShardConfig.DEFAULT.withSnapshotInterval(snapshotEvery));
    }

    private SnapshotPlace snapshotPlace(String model) {
        return snapshots == null
                ? SnapshotPlace.folder(data.resolve("models").resolve(model).resolve("snapshots"))
                : SnapshotPlace.parse(snapshots, data.resolve("scratch"));
    }
}
