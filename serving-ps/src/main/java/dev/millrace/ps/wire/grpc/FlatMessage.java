package dev.millrace.ps.wire.grpc;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.FlatReply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A message of raw bytes: one that was written lies in a pooled array, one that came in Netty's buffer or, where it came
 * in pieces, in an array.
 */
final class FlatMessage implements FlatReply {
    private final ByteBuffer body;
    private final AtomicReference<@Nullable InputStream> holder;

    private FlatMessage(ByteBuffer body, @Nullable InputStream holder) {
        this.body = body;
        this.holder = new AtomicReference<>(holder);
    }

    /** @param op put before the body, with seven zeros; −1 for answers */
    static FlatMessage written(int op, int maxBytes, BodyWriter writer) {
        int header = op < 0 ? 0 : ShardMethod.REQUEST_HEADER;
        byte[] array = ArrayPool.SHARED.take(Math.addExact(header, maxBytes));
        ByteBuffer bytes = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
        if (op >= 0) {
            bytes.putLong(0, op);
        }
        ByteBuffer target = bytes.slice(header, maxBytes).order(ByteOrder.LITTLE_ENDIAN);
        writer.write(target);
        bytes.limit(header + target.position());
        return new FlatMessage(bytes, null);
    }

    /** @param holder keeps the bytes; closed with the message */
    static FlatMessage held(ByteBuffer bytes, InputStream holder) {
        return new FlatMessage(bytes.order(ByteOrder.LITTLE_ENDIAN), holder);
    }

    static FlatMessage copied(byte[] bytes) {
        return new FlatMessage(
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), new ByteArrayInputStream(new byte[0]));
    }

    @Override
    public ByteBuffer body() {
        return body;
    }

    @Override
    public void close() {
        InputStream held = holder.getAndSet(null);
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
