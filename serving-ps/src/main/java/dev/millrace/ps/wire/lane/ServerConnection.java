package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The serving end: one request object a frame; reads no further while too many are unanswered. */
final class ServerConnection extends LaneConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    private static final int FEW = 2;

    private final FlatHandler handler;
    private final Consumer<ServerConnection> whenEnded;
    private final AtomicInteger unanswered = new AtomicInteger();

    /** Since the last wait. */
    private int frames;

    ServerConnection(Duplex peer, WireOptions options, FlatHandler handler, Consumer<ServerConnection> whenEnded) {
        super(peer, options, "serve");
        this.handler = handler;
        this.whenEnded = whenEnded;
    }

    @Override
    void frame(int op, long id, Chunk chunk, int at, int bytes) {
        unanswered.incrementAndGet();
        frames++;
        LaneRequest request = new LaneRequest(this, op, id, chunk, at, bytes);
        try {
            handler.handle(request);
        } catch (WireException e) {
            failIfOpen(request, e.code(), e.detail(), e.getMessage(), e);
        } catch (RuntimeException e) {
            LOG.warn("{}: the handler failed at operation {}", peer(), op, e);
            failIfOpen(request, WireCode.INTERNAL, 0, e.toString(), e);
        }
    }

    private void failIfOpen(LaneRequest request, WireCode code, long detail, @Nullable String words, Exception e) {
        if (request.isAnswered()) {
            LOG.warn("{}: the handler failed after its answer to operation {}", peer(), request.op(), e);
        } else {
            request.fail(code, detail, words == null ? "" : words);
        }
    }

    void reply(long id, Chunk chunk, int maxBytes, BodyWriter writer) {
        if (maxBytes > options.maxFrameBytes()) {
            fail(
                    id,
                    chunk,
                    WireCode.INTERNAL,
                    maxBytes,
                    "the answer of " + maxBytes + " bytes is beyond the frame's bound");
            return;
        }
        try {
            outbox.add(0, id, maxBytes, writer, false, Long.MIN_VALUE);
        } catch (RuntimeException e) {
            LOG.warn("{}: an answer could not be written", peer(), e);
            fail(id, chunk, WireCode.INTERNAL, 0, e.toString());
            return;
        }
        answered(chunk);
    }

    void fail(long id, Chunk chunk, WireCode code, long detail, String words) {
        byte[] text = words.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, Frames.MAX_WORDS);
        outbox.add(
                code.number(),
                id,
                Long.BYTES + length,
                (ByteBuffer target) -> target.putLong(detail).put(text, 0, length),
                false,
                Long.MIN_VALUE);
        answered(chunk);
    }

    private void answered(Chunk chunk) {
        chunk.release();
        boolean wasFull = unanswered.getAndDecrement() == options.inFlight();
        send();
        if (wasFull && !onThread()) {
            wakeUp();
        }
    }

    /** Nothing more while too much is unanswered, or answers pile up here because the peer does not read them. */
    @Override
    boolean mayRead() {
        return unanswered.get() < options.inFlight() && outbox.queued() <= options.queueBytes();
    }

    /** After a frame or two: a caller that waits for each answer asks again soon. After a batch, or none, it can wait. */
    @Override
    boolean isEager() {
        int since = frames;
        frames = 0;
        return since > 0 && since <= FEW;
    }

    @Override
    void tick(long nowNs) {}

    @Override
    void ended(@Nullable IOException why) {
        whenEnded.accept(this);
    }
}
