package dev.millrace.learner.remote.run;

import dev.millrace.learner.remote.map.ShardMap;
import dev.millrace.learner.remote.worker.ShardConnection;
import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import dev.millrace.ps.wire.connect.FlatClients;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Connections to shards over {@link FlatClient}s, to the owner that the newest map names. An owner's endpoints are tried
 * in turn: one may be a socket on another host. Any thread; each connection is opened by a virtual thread.
 */
public final class FlatShards implements ShardConnection.Connector {
    /** A push of a whole record of samples, at its largest. */
    public static final WireOptions OPTIONS =
            WireOptions.DEFAULT.withMaxFrameBytes(64 << 20).withConnectTimeout(Duration.ofSeconds(2));

    private static final Executor OPENER =
            task -> Thread.ofVirtual().name("connect").start(task);

    private final Supplier<ShardMap> map;
    private final Map<Integer, Integer> attempts = new ConcurrentHashMap<>();

    public FlatShards(Supplier<ShardMap> map) {
        this.map = map;
    }

    @Override
    public CompletableFuture<ShardConnection> connect(int shard) {
        ShardMap now = map.get();
        ShardMap.Owner owner = now.owner(shard);
        if (owner == null) {
            return CompletableFuture.failedFuture(
                    new WireException(WireCode.UNAVAILABLE, "nobody owns shard " + shard + " by map " + now.version()));
        }
        int attempt = attempts.merge(shard, 1, Integer::sum) - 1;
        Endpoint endpoint =
                owner.endpoints().get(Math.floorMod(attempt, owner.endpoints().size()));
        return CompletableFuture.supplyAsync(
                () -> {
                    FlatClient client = FlatClients.connect(endpoint, OPTIONS);
                    // The same one next time.
                    attempts.merge(shard, -1, Integer::sum);
                    return new Connection(now.version(), client);
                },
                OPENER);
    }

    private record Connection(long mapVersion, FlatClient client) implements ShardConnection {
        @Override
        public CompletableFuture<ByteBuffer> call(int op, int maxBytes, BodyWriter writer, Duration timeout) {
            return client.call(op, maxBytes, writer, timeout).thenApply(Connection::copy);
        }

        private static ByteBuffer copy(FlatReply reply) {
            try (reply) {
                ByteBuffer body = reply.body();
                return ByteBuffer.allocate(body.remaining())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(body)
                        .flip();
            }
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
