package dev.millrace.ps.wire.grpc;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatListener;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the one method. {@link WireOptions#inFlight} is HTTP/2's bound on streams; {@code maxConnections} is not kept. */
public final class GrpcServer implements FlatListener {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcServer.class);
    private static final long CLOSE_S = 5;

    private final Endpoint endpoint;
    private final Server server;

    private GrpcServer(Endpoint endpoint, Server server) {
        this.endpoint = endpoint;
        this.server = server;
    }

    /** @throws IOException if the address cannot be had */
    public static GrpcServer start(Endpoint endpoint, FlatHandler handler, WireOptions options) throws IOException {
        Server server = NettyServerBuilder.forAddress(endpoint.address())
                .directExecutor()
                .maxInboundMessageSize(options.maxFrameBytes() + ShardMethod.REQUEST_HEADER)
                .maxConcurrentCallsPerConnection(options.inFlight())
                .flowControlWindow(ShardMethod.FLOW_WINDOW)
                .addService(ServerServiceDefinition.builder(ShardMethod.SERVICE)
                        .addMethod(ShardMethod.CALL, (call, headers) -> new Incoming(call, handler, options))
                        .build())
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new IOException("cannot listen at " + endpoint + ": " + e.getMessage(), e);
        }
        return new GrpcServer(endpoint.withPort(server.getPort()), server);
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            if (!server.awaitTermination(CLOSE_S, TimeUnit.SECONDS)) {
                LOG.warn("{} still closes after {} s", endpoint, CLOSE_S);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One call, on the connection's event loop until it is handed to the handler. */
    private static final class Incoming extends ServerCall.Listener<FlatMessage> {
        private final ServerCall<FlatMessage, FlatMessage> call;
        private final FlatHandler handler;
        private final WireOptions options;
        private @Nullable FlatMessage message;

        Incoming(ServerCall<FlatMessage, FlatMessage> call, FlatHandler handler, WireOptions options) {
            this.call = call;
            this.handler = handler;
            this.options = options;
            call.request(2);
        }

        @Override
        public void onMessage(FlatMessage received) {
            if (message != null) {
                received.close();
            } else {
                message = received;
            }
        }

        @Override
        public void onHalfClose() {
            FlatMessage received = message;
            message = null;
            if (received == null || received.body().remaining() < ShardMethod.REQUEST_HEADER) {
                if (received != null) {
                    received.close();
                }
                call.close(
                        ShardMethod.status(WireCode.BAD_REQUEST, "a request begins with 8 bytes"),
                        ShardMethod.trailers(WireCode.BAD_REQUEST, 0));
                return;
            }
            handle(new GrpcRequest(call, received, options.maxFrameBytes()));
        }

        private void handle(GrpcRequest request) {
            try {
                handler.handle(request);
            } catch (WireException e) {
                failIfOpen(request, e.code(), e.detail(), e.getMessage(), e);
            } catch (RuntimeException e) {
                LOG.warn("The handler failed at operation {}", request.op(), e);
                failIfOpen(request, WireCode.INTERNAL, 0, e.toString(), e);
            }
        }

        private static void failIfOpen(
                GrpcRequest request, WireCode code, long detail, @Nullable String words, Exception e) {
            if (request.isAnswered()) {
                LOG.warn("The handler failed after its answer to operation {}", request.op(), e);
            } else {
                request.fail(code, detail, words == null ? "" : words);
            }
        }

        @Override
        public void onCancel() {
            if (message != null) {
                message.close();
                message = null;
            }
        }
    }
}
