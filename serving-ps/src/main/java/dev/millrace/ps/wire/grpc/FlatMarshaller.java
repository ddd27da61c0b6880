package dev.millrace.ps.wire.grpc;

import io.grpc.Detachable;
import io.grpc.Drainable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** One copy out (into Netty's buffer), none in as long as the message came in one piece. */
enum FlatMarshaller implements MethodDescriptor.Marshaller<FlatMessage> {
    INSTANCE;

    @Override
    public InputStream stream(FlatMessage message) {
        return new Outgoing(message.body());
    }

    @Override
    public FlatMessage parse(InputStream stream) {
        try {
            int size = stream.available();
            if (stream instanceof Detachable detachable
                    && stream instanceof HasByteBuffer pieces
                    && pieces.byteBufferSupported()) {
                ByteBuffer first = pieces.getByteBuffer();
                if (first != null && first.remaining() == size) {
                    return FlatMessage.held(first, detachable.detach());
                }
            }
            return FlatMessage.copied(stream.readNBytes(size));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Drained once, whenever gRPC gets to it; closing gives the array back. */
    private static final class Outgoing extends InputStream implements KnownLength, Drainable {
        private final ByteBuffer bytes;
        private boolean closed;

        Outgoing(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public int available() {
            return bytes.remaining();
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int n = bytes.remaining();
            target.write(bytes.array(), bytes.arrayOffset() + bytes.position(), n);
            bytes.position(bytes.limit());
            return n;
        }

        @Override
        public int read() {
            return bytes.hasRemaining() ? Byte.toUnsignedInt(bytes.get()) : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int n = Math.min(length, bytes.remaining());
            bytes.get(target, offset, n);
            return n;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                ArrayPool.SHARED.give(bytes.array());
            }
        }
    }
}
