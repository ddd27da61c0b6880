package dev.millrace.deploy.embedded;

import dev.millrace.api.ApiConfig;
import dev.millrace.api.ApiParts;
import dev.millrace.api.ApiServer;
import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.bus.BusParts;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.api.monitor.window.WindowStreams;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.VersionLog;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One of several API servers of a log that others keep: it ranks, takes events, and keeps its part of the windows; nobody
 * learns in it. All of a log serve the same models. Closed in reverse, the API first.
 */
public final class ApiReplica implements AutoCloseable {
    private final Parts parts = new Parts();
    private final ApiServer api;

    /**
     * @param instance names this one among the log's, over its restarts
     * @param data a folder of its own
     * @param snapshots of a model, by its name: where its learner keeps them
     */
    public record Config(
            String bootstrapServers,
            String instance,
            Path data,
            Function<String, SnapshotPlace> snapshots,
            Door door,
            WeightsFrom weights,
            ProfilesFrom profiles,
            Watching watching) {}

    private ApiReplica(Config config, List<ModelSpec> specs, Clock clock) throws IOException, InterruptedException {
        String bootstrap = config.bootstrapServers();
        try {
            ProfileStore profiles =
                    parts.opened(config.profiles().open(config.data().resolve("profiles")));
            Map<String, WeightServer> weights = new HashMap<>();
            Map<String, BusParts> buses = new HashMap<>();
            for (ModelSpec spec : specs) {
                String model = spec.model();
                SnapshotPlace place = config.snapshots().apply(model);
                Path rows = config.data().resolve("models").resolve(model).resolve("rows");
                WeightsFrom.Started started = config.weights().start(bootstrap, rows, place, spec, clock);
                parts.opened(started.part());
                weights.put(model, started.weights());
                VersionLog versions = parts.opened(VersionLog.open(bootstrap, model));
                buses.put(
                        model,
                        new BusParts(
                                versions,
                                place,
                                new SampleTimes(bootstrap, model),
                                TopicAdmin.isLearnedRemotely(bootstrap, model)));
            }
            EventPublisher publisher = parts.opened(new EventPublisher(EventPublisher.Config.of(bootstrap), clock));
            Door door = config.door();
            api = parts.opened(ApiServer.start(
                    ApiConfig.of(bootstrap)
                            .withPort(door.port())
                            .withEdge(door.host(), door.edge())
                            .withGrpc(door.grpc())
                            .withMonitoring(config.watching().monitored()),
                    new ApiParts(
                            weights,
                            profiles,
                            Map.of(),
                            publisher,
                            List.of(),
                            buses,
                            AlarmRules.of(config.data().resolve("alarms.yml")),
                            windows(config, weights, specs),
                            config.watching().canary(),
                            clock)));
        } catch (Throwable e) {
            close();
            throw e;
        }
    }

    /** Returns when the API listens. The log's topics must exist. */
    public static ApiReplica start(Config config, List<ModelSpec> specs, Clock clock)
            throws IOException, InterruptedException {
        return new ApiReplica(config, specs, clock);
    }

    private static WindowParts windows(Config config, Map<String, WeightServer> weights, List<ModelSpec> specs)
            throws InterruptedException {
        if (!config.watching().monitored()) {
            return WindowParts.NONE;
        }
        int partitions = TopicAdmin.mostPartitions(
                config.bootstrapServers(), specs.stream().map(ModelSpec::model).toList());
        var streams = WindowStreams.Config.of(
                        config.bootstrapServers(), config.data().resolve("streams"), partitions)
                .withInstance(config.instance());
        return WindowParts.streams(streams, config.watching().windows(), List.copyOf(weights.values()));
    }

    public URI baseUri() {
        return api.uri();
    }

    /** Of gRPC, at the host of {@link #baseUri}. */
    public int grpcPort() {
        return api.grpcPort();
    }

    @Override
    public void close() {
        parts.close();
    }
}
