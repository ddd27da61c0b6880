package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.ApiReplica;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace api}. */
@Command(
        name = "api",
        mixinStandardHelpOptions = true,
        header = "Runs one more API server of a log, until stopped.",
        description = {
            "",
            "Ranks, takes events and shows the page beside the one of millrace serve, or others of its kind: each answers"
                    + " for all of them in windows of quality. All serve the same specs. Profiles are this process's own"
                    + " unless --profiles names a Redis that all share; real-time features come from there too.",
            ""
        })
final class ApiCommand implements Callable<Integer> {
    @Option(
            names = "--bootstrap-servers",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Kafka with the log.")
    private String bootstrapServers = "";

    @Option(
            names = "--spec",
            required = true,
            paramLabel = "FILE",
            description = "The model spec, a YAML file; again for each further one, as the others have them.")
    private List<Path> specs = List.of();

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder of this process's own.")
    private Path data = Path.of("");

    @Option(
            names = "--models",
            paramLabel = "PLACE",
            description =
                    "Where the learner keeps snapshots, for what the log no longer holds and for versions: the folder"
                            + " 'models' of its data folder, or what its config.yml says of 'snapshots'. Default: 'models' in"
                            + " the data folder.")
    @Nullable
    private String models;

    @Mixin
    private PortOptions door = new PortOptions();

    @Mixin
    private WeightsOption weights = new WeightsOption();

    @Mixin
    private WatchOptions watch = new WatchOptions();

    @Override
    public Integer call() throws Exception {
        List<ModelSpec> loaded = new ArrayList<>();
        for (Path spec : specs) {
            loaded.add(LoadedSpec.read(spec).spec());
        }
        Logs.into(data);
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(data);
                ApiReplica replica = ApiReplica.start(
                        new ApiReplica.Config(
                                bootstrapServers,
                                lock.instance(),
                                data,
                                this::place,
                                door.door(data),
                                weights.from(),
                                weights.profiles(),
                                watch.watching()),
                        loaded,
                        Clock.systemUTC())) {
            System.out.println("millrace: "
                    + String.format(
                            Locale.ROOT,
                            "model %s at %s; log in %s",
                            String.join(
                                    ", ", loaded.stream().map(ModelSpec::model).toList()),
                            replica.baseUri(),
                            data.resolve("millrace.log")));
            // Until the stop interrupts.
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private SnapshotPlace place(String model) {
        if (models != null && models.startsWith("s3:")) {
            return SnapshotPlace.parse(models, data.resolve("scratch")).below(model);
        }
        Path kept = models == null ? data.resolve("models") : Path.of(models);
        return SnapshotPlace.folder(kept.resolve(model).resolve("snapshots"));
    }
}
