package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import dev.millrace.ps.wire.grpc.GrpcClient;
import dev.millrace.ps.wire.lane.LaneClient;

/** Connects to a {@link FlatServer}, here or elsewhere. */
public final class FlatClients {
    private FlatClients() {}

    public static FlatClient connect(Endpoint endpoint) {
        return connect(endpoint, WireOptions.DEFAULT);
    }

    /** @throws WireException {@code UNAVAILABLE} if there is no connection within the options' time */
    public static FlatClient connect(Endpoint endpoint, WireOptions options) {
        return switch (endpoint.transport()) {
            case GRPC -> GrpcClient.connect(endpoint, options);
            case TCP, UNIX, SHM -> LaneClient.connect(endpoint, options);
        };
    }
}
