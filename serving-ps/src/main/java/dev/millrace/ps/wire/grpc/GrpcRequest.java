package dev.millrace.ps.wire.grpc;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request in Netty's buffer. */
final class GrpcRequest implements FlatRequest {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcRequest.class);

    private final ServerCall<FlatMessage, FlatMessage> call;
    private final FlatMessage message;
    private final int maxFrameBytes;
    private final int op;
    private final ByteBuffer body;
    private final AtomicBoolean answered = new AtomicBoolean();

    /** @param message at least {@link ShardMethod#REQUEST_HEADER} bytes */
    GrpcRequest(ServerCall<FlatMessage, FlatMessage> call, FlatMessage message, int maxFrameBytes) {
        this.call = call;
        this.message = message;
        this.maxFrameBytes = maxFrameBytes;
        ByteBuffer all = message.body();
        this.op = Byte.toUnsignedInt(all.get(all.position()));
        this.body = all.slice(all.position() + ShardMethod.REQUEST_HEADER, all.remaining() - ShardMethod.REQUEST_HEADER)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int op() {
        return op;
    }

    @Override
    public ByteBuffer body() {
        return body;
    }

    boolean isAnswered() {
        return answered.get();
    }

    @Override
    public void reply(int maxBytes, BodyWriter writer) {
        answerOnce();
        if (maxBytes > maxFrameBytes) {
            close(WireCode.INTERNAL, maxBytes, "the answer of " + maxBytes + " bytes is beyond the frame's bound");
            return;
        }
        FlatMessage reply;
        try {
            reply = FlatMessage.written(-1, maxBytes, writer);
        } catch (RuntimeException e) {
            LOG.warn("An answer to operation {} could not be written", op, e);
            close(WireCode.INTERNAL, 0, e.toString());
            return;
        }
        message.close();
        try {
            call.sendHeaders(new Metadata());
            call.sendMessage(reply);
            call.close(Status.OK, new Metadata());
        } catch (IllegalStateException e) {
            LOG.debug("operation {}: nobody waits for the answer: {}", op, e.toString());
        }
    }

    @Override
    public void fail(WireCode code, long detail, String words) {
        answerOnce();
        close(code, detail, words);
    }

    private void close(WireCode code, long detail, String words) {
        message.close();
        try {
            call.close(ShardMethod.status(code, words), ShardMethod.trailers(code, detail));
        } catch (IllegalStateException e) {
            LOG.debug("operation {}: nobody waits for the failure: {}", op, e.toString());
        }
    }

    private void answerOnce() {
        if (!answered.compareAndSet(false, true)) {
            throw new IllegalStateException("operation " + op + " was answered before");
        }
    }
}
