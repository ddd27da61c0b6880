package dev.millrace.ps.remote;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.connect.FlatClients;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One serving-ps process: its connection, made anew when it has ended, and what it last said of itself.
 *
 * <pre>
 *  field    read by   written by          guard
 *  client   anybody   whoever looks       volatile, replaced under the lock
 *  hello    anybody   whoever looks       volatile; null while it is away
 *  looking  anybody   whoever looks       this
 * </pre>
 */
final class Peer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Peer.class);

    private final RemoteConfig config;
    private final Endpoint endpoint;
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile @Nullable FlatClient client;
    private volatile PullCodec.@Nullable Hello hello;
    private CompletableFuture<Void> looking = CompletableFuture.completedFuture(null);
    private boolean closed;

    Peer(RemoteConfig config, Endpoint endpoint) {
        this.config = config;
        this.endpoint = endpoint;
    }

    PullCodec.@Nullable Hello hello() {
        return hello;
    }

    boolean isCaughtUp() {
        PullCodec.Hello said = hello;
        return said != null && said.caughtUp();
    }

    /** Asks what it serves, and connects first if need be; one that is asked already is not asked twice. */
    synchronized CompletableFuture<Void> look(Executor threads) {
        if (looking.isDone()) {
            looking = CompletableFuture.runAsync(this::look, threads);
        }
        return looking;
    }

    private void look() {
        try (FlatReply reply = connected()
                .call(PullCodec.HELLO, 1, out -> out.put(PullCodec.FORMAT), config.read())
                .join()) {
            hello = PullCodec.readHello(reply.body());
        } catch (RuntimeException e) {
            hello = null;
            LOG.debug("{} does not answer", endpoint, e);
        }
    }

    private FlatClient connected() {
        connecting.lock();
        try {
            FlatClient now = client;
            if (closed) {
                throw new WireException(WireCode.UNAVAILABLE, "closed");
            }
            if (now == null || !now.isOpen()) {
                now = FlatClients.connect(endpoint, config.wire());
                client = now;
            }
            return now;
        } finally {
            connecting.unlock();
        }
    }

    /** Waits for no connection: without one it fails at once. */
    CompletableFuture<FlatReply> pull(
            long fingerprint, long mapVersion, long[] keys, int from, int to, Duration deadline) {
        FlatClient now = client;
        if (now == null || !now.isOpen()) {
            return CompletableFuture.failedFuture(
                    new WireException(WireCode.UNAVAILABLE, endpoint + " is not connected"));
        }
        int n = to - from;
        int bytes = PullCodec.PULL_HEADER + n * Long.BYTES;
        return now.call(
                PullCodec.PULL,
                bytes,
                out -> {
                    out.putLong(fingerprint).putLong(mapVersion).putInt(n);
                    out.asLongBuffer().put(keys, from, n);
                    out.position(bytes);
                },
                deadline);
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }

    @Override
    public void close() {
        connecting.lock();
        try {
            closed = true;
            FlatClient now = client;
            if (now != null) {
                now.close();
            }
        } finally {
            connecting.unlock();
        }
    }
}
