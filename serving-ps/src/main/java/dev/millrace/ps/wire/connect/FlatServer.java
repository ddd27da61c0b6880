package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatListener;
import dev.millrace.ps.wire.WireOptions;
import dev.millrace.ps.wire.grpc.GrpcServer;
import dev.millrace.ps.wire.lane.LaneServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One handler behind any number of addresses. */
public final class FlatServer implements AutoCloseable {
    private final List<FlatListener> listeners;

    private FlatServer(List<FlatListener> listeners) {
        this.listeners = listeners;
    }

    public static FlatServer start(List<Endpoint> endpoints, FlatHandler handler) throws IOException {
        return start(endpoints, handler, WireOptions.DEFAULT);
    }

    /** @throws IOException if one of the addresses cannot be had; then none is held */
    public static FlatServer start(List<Endpoint> endpoints, FlatHandler handler, WireOptions options)
            throws IOException {
        FlatServer server = new FlatServer(new ArrayList<>());
        try {
            for (Endpoint endpoint : endpoints) {
                server.listeners.add(
                        switch (endpoint.transport()) {
                            case GRPC -> GrpcServer.start(endpoint, handler, options);
                            case TCP, UNIX, SHM -> LaneServer.start(endpoint, handler, options);
                        });
            }
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** In the order asked for, with the ports that were bound. */
    public List<Endpoint> endpoints() {
        return listeners.stream().map(FlatListener::endpoint).toList();
    }

    /** Ends all connections: what is pending there fails. */
    @Override
    public void close() {
        listeners.forEach(FlatListener::close);
    }
}
