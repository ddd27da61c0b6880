package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.PendingCalls;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The calling end. */
public final class LaneClient extends LaneConnection implements FlatClient {
    private static final int FEW = 2;

    private final Endpoint endpoint;
    private final PendingCalls pending;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final int maxFrameBytes;

    private LaneClient(Endpoint endpoint, Greeting.Greeted greeted, WireOptions options) {
        super(greeted.peer(), options, "call");
        this.endpoint = endpoint;
        this.pending = new PendingCalls(options);
        this.maxFrameBytes = Math.min(options.maxFrameBytes(), greeted.maxFrameBytes());
    }

    /** @throws WireException {@link WireCode#UNAVAILABLE} with what went wrong */
    public static LaneClient connect(Endpoint endpoint, WireOptions options) {
        try {
            LaneClient client = new LaneClient(endpoint, Greeting.connect(endpoint, options), options);
            client.start();
            return client;
        } catch (IOException e) {
            throw new WireException(WireCode.UNAVAILABLE, endpoint + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public CompletableFuture<FlatReply> call(int op, int maxBytes, BodyWriter writer) {
        return call(op, maxBytes, writer, options.deadline());
    }

    @Override
    public CompletableFuture<FlatReply> call(int op, int maxBytes, BodyWriter writer, Duration deadline) {
        if (maxBytes > maxFrameBytes) {
            return CompletableFuture.failedFuture(new WireException(
                    WireCode.BAD_REQUEST, maxFrameBytes, maxBytes + " bytes are beyond the frame's bound"));
        }
        long untilNs = System.nanoTime() + deadline.toNanos();
        PendingCalls.Call call;
        try {
            call = pending.take(untilNs, !onThread());
        } catch (WireException e) {
            return CompletableFuture.failedFuture(e);
        }
        boolean added = false;
        try {
            added = add(call, op, maxBytes, writer);
        } finally {
            if (!added) {
                pending.forget(call);
            }
        }
        if (added) {
            send();
        }
        return call;
    }

    private boolean add(PendingCalls.Call call, int op, int maxBytes, BodyWriter writer) {
        boolean mayWait = !onThread() && options.whenFull() == WireOptions.WhenFull.WAIT;
        long waitUntilNs = mayWait ? call.deadlineNs() : Long.MIN_VALUE;
        switch (outbox.add(op, call.id(), maxBytes, writer, true, waitUntilNs)) {
            case FULL ->
                call.completeExceptionally(
                        new WireException(WireCode.OVERLOADED, outbox.queued() + " bytes wait to be written"));
            case CLOSED -> call.completeExceptionally(gone("the connection has ended"));
            case YES -> {
                return true;
            }
        }
        return false;
    }

    @Override
    void frame(int op, long id, Chunk chunk, int at, int bytes) throws IOException {
        if (op != 0 && bytes < Long.BYTES) {
            throw new Frames.BrokenException("a failure without its detail");
        }
        PendingCalls.Call call = pending.remove(id);
        if (call == null) {
            return;
        }
        if (op == 0) {
            call.answer(new Reply(chunk, at, bytes));
        } else {
            call.completeExceptionally(failure(op, chunk.bytes, at, bytes));
        }
    }

    private static WireException failure(int number, ByteBuffer from, int at, int bytes) {
        byte[] words = new byte[bytes - Long.BYTES];
        from.get(at + Long.BYTES, words);
        WireCode code = WireCode.of(number);
        String text = new String(words, StandardCharsets.UTF_8);
        return code == null
                ? new WireException(WireCode.INTERNAL, number, "unknown code " + number + ": " + text)
                : new WireException(code, from.getLong(at), text);
    }

    /** Holds its chunk until it is closed. */
    private static final class Reply implements FlatReply {
        private final ByteBuffer body;
        private final AtomicReference<@Nullable Chunk> chunk;

        Reply(Chunk chunk, int at, int bytes) {
            this.body = chunk.bytes.slice(at, bytes).order(ByteOrder.LITTLE_ENDIAN);
            this.chunk = new AtomicReference<>(chunk);
            chunk.hold();
        }

        @Override
        public ByteBuffer body() {
            return body;
        }

        @Override
        public void close() {
            Chunk held = chunk.getAndSet(null);
            if (held != null) {
                held.release();
            }
        }
    }

    /** Always: were both ends to wait for the other to read, neither would. */
    @Override
    boolean mayRead() {
        return true;
    }

    /** With more in flight, answers come in batches, and sleeping between them costs little. */
    @Override
    boolean isEager() {
        int waiting = pending.size();
        return waiting > 0 && waiting <= FEW;
    }

    @Override
    void tick(long nowNs) {
        pending.expire(nowNs);
    }

    private WireException gone(String why) {
        return new WireException(WireCode.UNAVAILABLE, endpoint + ": " + why);
    }

    @Override
    void ended(@Nullable IOException why) {
        pending.end(gone(why == null ? "closed" : String.valueOf(why.getMessage())));
        ended.complete(null);
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }
}
