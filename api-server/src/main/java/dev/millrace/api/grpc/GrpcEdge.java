package dev.millrace.api.grpc;

import dev.millrace.api.security.SecurityConfig;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The gRPC server, beside that of HTTP. Started and closed by one thread. */
public final class GrpcEdge implements AutoCloseable {
    private static final long LOOK_MS = 250;
    private static final long CLOSE_S = 3;
    /** Of a connection without calls; clients connect again when they have one. */
    private static final long IDLE_S = 300;

    private final Server server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HealthStatusManager health = new HealthStatusManager();
    private final ScheduledExecutorService looking;

    /**
     * @param host of both edges
     * @param messageBytes of a request at most
     * @param ready what health answers
     */
    public record Where(
            String host, GrpcConfig config, SecurityConfig security, int messageBytes, BooleanSupplier ready) {}

    /** Listens when it returns. */
    GrpcEdge(Where where, CallLimit limit, Doors doors, BadMessages messages, List<BindableService> services) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(where.host(), where.config().port()))
                .executor(threads)
                .maxInboundMessageSize(where.messageBytes())
                .maxInboundMetadataSize(where.config().metadataBytes())
                .maxConcurrentCallsPerConnection(where.config().calls())
                .maxConnectionIdle(IDLE_S, TimeUnit.SECONDS)
                .addTransportFilter(limit)
                // Before all others: the last that is named.
                .intercept(limit)
                .addService(ServerInterceptors.intercept(health.getHealthService(), doors));
        services.forEach(service ->
                builder.addService(ServerInterceptors.intercept(messages.around(service.bindService()), doors)));
        switch (where.security()) {
            case SecurityConfig.Dev dev -> {
                if (where.config().reflection()) {
                    builder.addService(ServerInterceptors.intercept(ProtoReflectionServiceV1.newInstance(), doors));
                }
            }
            case SecurityConfig.Guarded guarded ->
                builder.useTransportSecurity(
                        guarded.tls().certificate().toFile(),
                        guarded.tls().key().toFile());
        }
        look(where.ready());
        looking = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("api-grpc-health").factory());
        var unused = looking.scheduleWithFixedDelay(() -> look(where.ready()), LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
        try {
            server = builder.build().start();
        } catch (IOException e) {
            looking.shutdownNow();
            throw new UncheckedIOException(
                    "gRPC cannot listen at port " + where.config().port(), e);
        }
    }

    private void look(BooleanSupplier ready) {
        ServingStatus status = ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        looking.shutdownNow();
        health.enterTerminalState();
        server.shutdown();
        try {
            if (!server.awaitTermination(CLOSE_S, TimeUnit.SECONDS)) {
                server.shutdownNow();
                // Streams learn of their end in these threads, which must still take it.
                server.awaitTermination(CLOSE_S, TimeUnit.SECONDS);
            }
            threads.shutdown();
            if (!threads.awaitTermination(CLOSE_S, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
