package dev.millrace.deploy.cli;

import dev.millrace.deploy.config.ServeConfig;
import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.learner.step.StepMaker;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace serve}. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        header = "Runs the service for a model, embedded, until stopped.",
        description = {
            "",
            "Listens on loopback, and asks nobody for a key; with TLS and keys (millrace keys) wherever --host says."
                    + " Everything is kept in the data folder: stopped or killed and started again, it"
                    + " continues with the same weights and loses no acknowledged event."
        })
final class ServeCommand implements Callable<Integer> {
    private static final Duration JOIN = Duration.ofMinutes(2);

    @Option(
            names = "--spec",
            required = true,
            paramLabel = "FILE",
            description =
                    "The model spec, a YAML file; again for each further one, a challenger that 'learnsFrom' it say.")
    private List<Path> specs = List.of();

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder that keeps everything.")
    private Path data = Path.of("");

    @Option(
            names = "--kafka-port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "Port of the embedded Kafka, for serving-ps; 0: any free one. Default: ${DEFAULT-VALUE}.")
    private int kafkaPort;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Gate, versions, batch chains: a YAML file. Default: 'config.yml' in the data folder.")
    @Nullable
    private Path config;

    @Mixin
    private PortOptions door = new PortOptions();

    @Mixin
    private WeightsOption weights = new WeightsOption();

    @Mixin
    private WatchOptions watch = new WatchOptions();

    @Mixin
    private DeviceOption device = new DeviceOption();

    @Override
    public Integer call() throws Exception {
        List<LoadedSpec> loaded = new ArrayList<>();
        for (Path spec : specs) {
            loaded.add(LoadedSpec.read(spec));
        }
        ServeConfig configured = config == null ? ServeConfig.in(data) : ServeConfig.read(config);
        WeightsFrom from = weights.from();
        StepMaker steps = device.steps(loaded.stream().map(LoadedSpec::spec).toList());
        Logs.into(data);
        long startNs = System.nanoTime();
        try (OrderlyStop stop = new OrderlyStop();
                EmbeddedMillrace millrace = EmbeddedMillrace.start(
                        data,
                        loaded,
                        door.door(data),
                        kafkaPort,
                        from,
                        weights.profiles(),
                        watch.watching(),
                        steps,
                        configured,
                        Clock.systemUTC())) {
            if (from instanceof WeightsFrom.ServingPs) {
                say("Kafka at %s, for serving-ps --bootstrap-servers", millrace.bootstrapServers());
            }
            if (millrace.grpcPort() > 0) {
                say("gRPC at port %d", millrace.grpcPort());
            }
            String models = String.join(
                    ", ", loaded.stream().map(each -> each.spec().model()).toList());
            say("model %s at %s after %.1f s", models, millrace.baseUri(), secondsSince(startNs));
            millrace.awaitJoin(JOIN);
            say("join running after %.1f s; log in %s", secondsSince(startNs), data.resolve("millrace.log"));
            // Until the stop interrupts.
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private static void say(String format, Object... args) {
        System.out.println("millrace: " + String.format(java.util.Locale.ROOT, format, args));
    }

    private static double secondsSince(long startNs) {
        return (System.nanoTime() - startNs) / 1e9;
    }
}
