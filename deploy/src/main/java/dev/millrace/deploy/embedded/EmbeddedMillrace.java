package dev.millrace.deploy.embedded;

import dev.millrace.api.ApiConfig;
import dev.millrace.api.ApiParts;
import dev.millrace.api.ApiServer;
import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.bus.BusParts;
import dev.millrace.api.chain.ChainParts;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.api.monitor.window.WindowStreams;
import dev.millrace.deploy.chain.ChainSettings;
import dev.millrace.deploy.chain.ProcessSteps;
import dev.millrace.deploy.config.ServeConfig;
import dev.millrace.ingest.chain.ChainLog;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.join.flink.JoinJob;
import dev.millrace.learner.chain.ChainSteps;
import dev.millrace.learner.chain.ChainWorker;
import dev.millrace.learner.chain.Publication;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.ps.serve.WeightServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole service in this process, each engine the one that a cluster would run: a Kafka broker, Flink's local
 * cluster with the join, Kafka Streams with the real-time features, the learner, a serving replica (unless the weights are elsewhere) and the API. Started again on its folder it continues.
 *
 * <p>Order: folder, broker, topics; then side by side the join, the learner, the replica; the API last. Closed in
 * reverse, the API first, so that nothing is accepted that nobody would learn.
 */
public final class EmbeddedMillrace implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedMillrace.class);

    private static final int MAX_PORT = 65_535;

    private final Parts parts = new Parts();
    private final CompletableFuture<JoinJob> join;
    private final EmbeddedBroker broker;
    private final ApiServer api;

    private EmbeddedMillrace(
            Path data,
            List<LoadedSpec> specs,
            Door door,
            int kafkaPort,
            WeightsFrom from,
            ProfilesFrom kept,
            Watching watching,
            StepMaker steps,
            ServeConfig config,
            Clock clock)
            throws IOException, InterruptedException {
        checkPort(door.host(), door.port());
        try {
            DataFolder folder = parts.opened(DataFolder.open(data));
            for (LoadedSpec spec : specs) {
                folder.claim(spec.spec());
            }
            broker = parts.opened(EmbeddedBroker.start(folder.kafka(), kafkaPort));
            String bootstrap = broker.bootstrapServers();
            List<String> names = specs.stream().map(spec -> spec.spec().model()).toList();
            TopicAdmin.create(bootstrap, names, TopicAdmin.Layout.EMBEDDED);
            join = CompletableFuture.supplyAsync(() -> submit(folder, bootstrap, specs));
            parts.opened(() -> join.join().close());
            ProfileStore profiles = parts.opened(kept.open(folder.profiles()));
            var models = new EmbeddedModels(folder, bootstrap, from, profiles, steps, config, clock, parts);
            for (LoadedSpec spec : specs) {
                models.start(spec.spec());
            }
            ChainParts chains = startChains(folder, config.chains(), specs, bootstrap, models, clock);
            EventPublisher publisher = parts.opened(new EventPublisher(EventPublisher.Config.of(bootstrap), clock));
            api = parts.opened(ApiServer.start(
                    ApiConfig.of(bootstrap)
                            .withPort(door.port())
                            .withEdge(door.host(), door.edge())
                            .withGrpc(door.grpc())
                            .withMonitoring(watching.monitored()),
                    new ApiParts(
                            models.weights(),
                            profiles,
                            models.live(),
                            publisher,
                            List.of(new JoinMeters(join)),
                            models.buses(),
                            AlarmRules.of(folder.alarms()),
                            windows(
                                    folder,
                                    bootstrap,
                                    watching,
                                    models.weights().values()),
                            watching.canary(),
                            chains,
                            clock)));
        } catch (Throwable e) {
            // An error too: what has started would keep the process, its lock and its ports.
            close();
            throw e;
        }
    }

    /**
     * Starts everything; returns when the API listens.
     *
     * @param data folder that keeps everything over a restart
     * @param port of the API; 0: any free one
     */
    public static EmbeddedMillrace start(Path data, LoadedSpec spec, int port, Clock clock)
            throws IOException, InterruptedException {
        return start(data, spec, port, 0, WeightsFrom.HERE, clock);
    }

    /**
     * The same with weights from elsewhere, and a known address of Kafka for processes that follow its log.
     *
     * @param kafkaPort 0: any free one
     */
    public static EmbeddedMillrace start(
            Path data, LoadedSpec spec, int port, int kafkaPort, WeightsFrom from, Clock clock)
            throws IOException, InterruptedException {
        return start(data, spec, Door.local(port), kafkaPort, from, clock);
    }

    /** The same with an API that others than this machine may call. */
    public static EmbeddedMillrace start(
            Path data, LoadedSpec spec, Door door, int kafkaPort, WeightsFrom from, Clock clock)
            throws IOException, InterruptedException {
        return start(data, spec, door, kafkaPort, from, ProfilesFrom.HERE, clock);
    }

    /** The same with profiles from elsewhere. */
    public static EmbeddedMillrace start(
            Path data, LoadedSpec spec, Door door, int kafkaPort, WeightsFrom from, ProfilesFrom profiles, Clock clock)
            throws IOException, InterruptedException {
        return start(data, List.of(spec), door, kafkaPort, from, profiles, Watching.DEFAULT, clock);
    }

    /**
     * The same with several models, of which all but the first learn from the first one's log, say, and challenge it; and
     * with what is watched of them.
     */
    public static EmbeddedMillrace start(
            Path data,
            List<LoadedSpec> specs,
            Door door,
            int kafkaPort,
            WeightsFrom from,
            ProfilesFrom profiles,
            Watching watching,
            Clock clock)
            throws IOException, InterruptedException {
        return start(data, specs, door, kafkaPort, from, profiles, watching, StepMaker.CPU, clock);
    }

    /** The same on a device of one's choice. */
    public static EmbeddedMillrace start(
            Path data,
            List<LoadedSpec> specs,
            Door door,
            int kafkaPort,
            WeightsFrom from,
            ProfilesFrom profiles,
            Watching watching,
            StepMaker steps,
            Clock clock)
            throws IOException, InterruptedException {
        return start(data, specs, door, kafkaPort, from, profiles, watching, steps, ServeConfig.in(data), clock);
    }

    /** The same with a configuration that is not the folder's. */
    public static EmbeddedMillrace start(
            Path data,
            List<LoadedSpec> specs,
            Door door,
            int kafkaPort,
            WeightsFrom from,
            ProfilesFrom profiles,
            Watching watching,
            StepMaker steps,
            ServeConfig config,
            Clock clock)
            throws IOException, InterruptedException {
        return new EmbeddedMillrace(data, specs, door, kafkaPort, from, profiles, watching, steps, config, clock);
    }

    /** Before anything has started, since the API listens last. */
    private static void checkPort(String host, int port) throws IOException {
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("port " + port + ": 0.." + MAX_PORT + ", 0 for any free one");
        }
        try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getByName(host))) {
            LOG.debug("port {} is free", free.getLocalPort());
        } catch (BindException e) {
            throw new IOException("port " + port + " is in use by another program; stop it, or give another with --port"
                    + " (0: any free one)");
        }
    }

    private static WindowParts windows(
            DataFolder folder, String bootstrap, Watching watching, Collection<WeightServer> weights) {
        if (!watching.monitored()) {
            return WindowParts.NONE;
        }
        int partitions = Math.max(TopicAdmin.Layout.EMBEDDED.partitions(), TopicAdmin.Layout.EMBEDDED.shards());
        var streams = WindowStreams.Config.of(bootstrap, folder.streams(), partitions);
        return WindowParts.streams(streams, watching.windows(), List.copyOf(weights));
    }

    private ChainParts startChains(
            DataFolder folder,
            ChainSettings settings,
            List<LoadedSpec> specs,
            String bootstrap,
            EmbeddedModels models,
            Clock clock) {
        ChainLog log = parts.opened(ChainLog.open(bootstrap));
        Map<String, ChainSteps> steps = new HashMap<>();
        for (LoadedSpec spec : specs) {
            String model = spec.spec().model();
            BusParts bus = Objects.requireNonNull(models.buses().get(model));
            WeightServer weights = Objects.requireNonNull(models.weights().get(model));
            var publication =
                    new Publication(bus.log(), () -> weights.version().sequence(), settings.patience(), clock);
            var its = new ProcessSteps.Model(spec.yaml(), bus.place());
            steps.put(model, new ProcessSteps(settings, folder.chains(), its, bootstrap, publication));
        }
        parts.opened(ChainWorker.start(settings.worker(), log, steps, clock));
        return new ChainParts(log, settings.terms(), settings.holdOut(), folder.imports(), settings.sources());
    }

    private static JoinJob submit(DataFolder folder, String bootstrap, List<LoadedSpec> specs) {
        var config = JoinJob.Config.of(
                        bootstrap, folder.flink().resolve("checkpoints").toUri())
                .withScratchDir(folder.flink().resolve("scratch"));
        try {
            return JoinJob.submit(config, specs.stream().map(LoadedSpec::yaml).toList());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    public URI baseUri() {
        return api.uri();
    }

    /** Of gRPC, at the host of {@link #baseUri}. */
    public int grpcPort() {
        return api.grpcPort();
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** Returns when the join reads the log. */
    public void awaitJoin(Duration timeout) throws InterruptedException, TimeoutException {
        join.join().awaitRunning(timeout);
    }

    @Override
    public void close() {
        parts.close();
    }
}
