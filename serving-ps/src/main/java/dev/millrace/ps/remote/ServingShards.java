package dev.millrace.ps.remote;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.WireOptions;
import dev.millrace.ps.wire.connect.FlatServer;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/**
 * A serving-ps process's inside: a serving replica of some shards, and the addresses at which it answers pulls. It
 * answers from the start; who asks is told whether it has caught up.
 */
public final class ServingShards implements AutoCloseable {
    /** Keys of one pull; a request ranks at most a thousand items. */
    private static final int MAX_KEYS = 1 << 18;

    private final ServingReplica replica;
    private final FlatServer server;

    private ServingShards(ServingReplica replica, FlatServer server) {
        this.replica = replica;
        this.server = server;
    }

    /** @throws IOException when an address cannot be had */
    public static ServingShards start(ServingReplica.Config config, ModelSpec spec, List<Endpoint> listen, Clock clock)
            throws IOException {
        ServingReplica replica = ServingReplica.start(config, spec, clock);
        try {
            var handler = new PullHandler(spec, replica, replica, config.shards()::contains, MAX_KEYS);
            return new ServingShards(replica, FlatServer.start(listen, handler, WireOptions.DEFAULT));
        } catch (IOException | RuntimeException | Error e) {
            replica.close();
            throw e;
        }
    }

    public ServingReplica replica() {
        return replica;
    }

    /** With the ports that were bound. */
    public List<Endpoint> endpoints() {
        return server.endpoints();
    }

    @Override
    public void close() {
        server.close();
        replica.close();
    }
}
