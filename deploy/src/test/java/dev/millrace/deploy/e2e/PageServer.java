package dev.millrace.deploy.e2e;

import dev.millrace.api.ApiConfig;
import dev.millrace.api.ApiParts;
import dev.millrace.api.ApiServer;
import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.bus.BusParts;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.grpc.GrpcConfig;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.api.security.SecurityConfig;
import dev.millrace.ingest.profile.RocksDbProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.VersionLog;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** One more API server of a service's log, with weights of its own: seconds to start, stop, and start again. */
final class PageServer implements AutoCloseable {
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final ApiConfig config;
    private final ApiParts of;
    private ApiServer server;

    /** @param dir a folder of its own */
    PageServer(Service service, Path dir, SecurityConfig security) throws Exception {
        String bootstrap = service.bootstrapServers();
        Clock clock = Clock.systemUTC();
        SnapshotPlace place = SnapshotPlace.folder(dir.resolve("snapshots"));
        ServingReplica replica = opened(ServingReplica.start(
                new ServingReplica.Config(bootstrap, dir.resolve("rows"), place, dev.millrace.ps.serve.ShardSet.ALL)
                        .withHistoryBytes(1 << 20),
                Service.SPEC.spec(),
                clock));
        VersionLog versions = opened(VersionLog.open(bootstrap, Service.MODEL));
        of = new ApiParts(
                Map.of(Service.MODEL, replica),
                opened(RocksDbProfileStore.open(dir.resolve("profiles"))),
                Map.of(),
                opened(new EventPublisher(EventPublisher.Config.of(bootstrap), clock)),
                List.of(),
                Map.of(Service.MODEL, new BusParts(versions, place, new SampleTimes(bootstrap, Service.MODEL))),
                AlarmRules.shipped(),
                WindowParts.NONE,
                CanaryConfig.OFF,
                clock);
        config = ApiConfig.of(bootstrap)
                .withPort(Serve.freePort())
                .withGrpc(GrpcConfig.DEFAULT.withPort(GrpcConfig.OFF))
                .withEdge(ApiConfig.LOOPBACK, ApiConfig.Edge.DEV.withSecurity(security));
        server = ApiServer.start(config, of);
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    URI base() {
        String scheme = config.edge().security() instanceof SecurityConfig.Dev ? "http" : "https";
        return URI.create(scheme + "://127.0.0.1:" + config.port() + "/");
    }

    void stop() {
        server.close();
    }

    /** At the same address. */
    void startAgain() {
        server = ApiServer.start(config, of);
    }

    @Override
    public void close() throws Exception {
        server.close();
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }
}
