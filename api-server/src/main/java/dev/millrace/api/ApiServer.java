package dev.millrace.api;

import dev.millrace.api.alarm.Alarms;
import dev.millrace.api.arm.ArmRule;
import dev.millrace.api.canary.Canaries;
import dev.millrace.api.canary.PublicReader;
import dev.millrace.api.candidate.Candidates;
import dev.millrace.api.grpc.GrpcConfig;
import dev.millrace.api.grpc.GrpcEdge;
import dev.millrace.api.log.KafkaTail;
import dev.millrace.api.log.PublisherSink;
import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.Frames;
import dev.millrace.api.monitor.window.WindowFeed;
import dev.millrace.api.rank.RankServices;
import dev.millrace.api.recent.HotKeys;
import dev.millrace.api.security.OwnKey;
import dev.millrace.api.security.OwnTls;
import dev.millrace.api.security.SecurityConfig;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A running API server: HTTP, the tail of the log, and the monitor, in one Micronaut context. */
public final class ApiServer implements AutoCloseable {
    private final ApplicationContext context;
    private final EmbeddedServer server;
    private final int grpcPort;
    private final URI uri;

    private ApiServer(ApplicationContext context, EmbeddedServer server, URI uri, int grpcPort) {
        this.uri = uri;
        this.grpcPort = grpcPort;
        this.context = context;
        this.server = server;
    }

    /** Returns when it listens; {@code /health/readiness} says when it has caught up. The topics must exist. */
    public static ApiServer start(ApiConfig config, ApiParts parts) {
        var tail = new KafkaTail.Config(
                config.bootstrapServers(),
                List.copyOf(parts.models().keySet()),
                config.limits().tailRecords(),
                config.times().tailAge());
        var history = KafkaTail.Config.events(
                config.bootstrapServers(),
                config.candidates().replayRecords(),
                config.candidates().replayAge());
        return start(
                config,
                new Wiring(
                        parts.models(),
                        parts.profiles(),
                        parts.live(),
                        new PublisherSink(parts.publisher()),
                        listener -> KafkaTail.start(tail, listener, parts.clock()),
                        listener -> KafkaTail.start(history, listener, parts.clock()),
                        parts.meters(),
                        parts.buses(),
                        parts.alarms(),
                        parts.windows(),
                        parts.canary(),
                        parts.chains(),
                        parts.clock()));
    }

    static ApiServer start(ApiConfig config, Wiring wiring) {
        ApplicationContext context = ApplicationContext.builder()
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .bootstrapEnvironment(false)
                .enableDefaultPropertySources(false)
                .banner(false)
                .properties(properties(config))
                .singletons(config, wiring)
                .start();
        try {
            // It reads while the first requests are on their way.
            context.getBean(Tail.class);
            context.getBean(Alarms.class);
            context.getBean(WindowFeed.class);
            context.getBean(ArmRule.class);
            context.getBean(Frames.class);
            context.getBean(HotKeys.All.class);
            context.getBean(Candidates.class);
            int grpcPort = context.findBean(GrpcEdge.class).map(GrpcEdge::port).orElse(GrpcConfig.OFF);
            EmbeddedServer server = context.getBean(EmbeddedServer.class).start();
            context.getBean(Canaries.class)
                    .start(
                            context.getBean(RankServices.class).alone(),
                            wiring.sink(),
                            reader(config, server.getPort(), context.getBean(OwnKey.class)));
            return new ApiServer(context, server, config.here(server.getPort()), grpcPort);
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
    }

    /** Calls this server as others do. */
    static PublicReader reader(ApiConfig config, int port, OwnKey key) {
        HttpClient.Builder http = HttpClient.newBuilder();
        if (config.edge().security() instanceof SecurityConfig.Guarded guarded) {
            http.sslContext(OwnTls.of(guarded.tls()));
        }
        return new PublicReader(http, config.here(port), key.bearer());
    }

    private static Map<String, Object> properties(ApiConfig config) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("micronaut.application.name", "millrace");
        properties.put("micronaut.server.host", config.host());
        properties.put("micronaut.server.port", config.port() == 0 ? -1 : config.port());
        properties.put("micronaut.server.max-request-size", config.limits().bodyBytes());
        properties.put("micronaut.server.idle-timeout", config.times().within().plusSeconds(30));
        properties.put(
                "micronaut.server.netty.max-initial-line-length", config.edge().lineBytes());
        properties.put("micronaut.server.netty.max-header-size", config.edge().headerBytes());
        // The guard refuses foreign pages in dev mode; with keys, those that a key is for may call at any name.
        properties.put("micronaut.server.cors.localhost-pass-through", true);
        properties.put("micronaut.router.static-resources.page.paths", "classpath:public");
        properties.put("micronaut.router.static-resources.page.mapping", "/**");
        properties.put("micronaut.serde.serialization.inclusion", "ALWAYS");
        properties.put("endpoints.all.path", "/");
        properties.put("endpoints.all.enabled", false);
        properties.put("endpoints.health.enabled", true);
        properties.put("endpoints.health.sensitive", false);
        properties.put("endpoints.health.disk-space.enabled", false);
        properties.put("endpoints.health.discovery-client.enabled", false);
        properties.put("endpoints.prometheus.enabled", true);
        properties.put("endpoints.prometheus.sensitive", false);
        properties.put("micronaut.metrics.export.prometheus.enabled", true);
        properties.put("micronaut.metrics.export.prometheus.descriptions", true);
        switch (config.edge().security()) {
            case SecurityConfig.Dev dev -> properties.put("endpoints.health.details-visible", "ANONYMOUS");
            case SecurityConfig.Guarded guarded -> {
                properties.put("endpoints.health.details-visible", "NEVER");
                encrypt(properties, guarded.tls());
            }
        }
        return properties;
    }

    private static void encrypt(Map<String, Object> properties, SecurityConfig.Tls tls) {
        properties.put("micronaut.server.ssl.enabled", true);
        properties.put("micronaut.server.ssl.port", properties.get("micronaut.server.port"));
        properties.put("micronaut.server.ssl.key-name", "millrace");
        properties.put("micronaut.server.ssl.protocols", List.of("TLSv1.3", "TLSv1.2"));
        properties.put("micronaut.certificate.file.millrace.format", "PEM");
        properties.put("micronaut.certificate.file.millrace.path", tls.key().toAbsolutePath());
        properties.put(
                "micronaut.certificate.file.millrace.certificate-path",
                tls.certificate().toAbsolutePath());
        properties.put("micronaut.certificate.file.millrace.refresh-mode", "FILE_WATCHER_OR_SCHEDULER");
    }

    /** For tests that look at what is assembled. */
    ApplicationContext context() {
        return context;
    }

    /** Where it can be called from this machine. */
    public URI uri() {
        return uri;
    }

    public int port() {
        return server.getPort();
    }

    /** {@link GrpcConfig#OFF}: none. */
    public int grpcPort() {
        return grpcPort;
    }

    /** Stops listening, lets what is in flight end, and stops the tail. */
    @Override
    public void close() {
        server.stop();
        context.close();
    }
}
