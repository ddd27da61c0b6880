package dev.millrace.learner.remote.worker;

import dev.millrace.ps.wire.BodyWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A way to the process that owns a shard. */
public interface ShardConnection extends AutoCloseable {
    /** Of the shard map that named the process. */
    long mapVersion();

    /**
     * Sends a request. Does not wait.
     *
     * @return the answer's body, little endian, or a {@link dev.millrace.ps.wire.WireException}; completed on any thread
     */
    CompletableFuture<ByteBuffer> call(int op, int maxBytes, BodyWriter writer, Duration timeout);

    @Override
    void close();

    /** Finds owners and connects. */
    @FunctionalInterface
    interface Connector {
        /** By the newest map. Does not wait; fails while nobody owns the shard, or it cannot be reached. */
        CompletableFuture<ShardConnection> connect(int shard);
    }
}
