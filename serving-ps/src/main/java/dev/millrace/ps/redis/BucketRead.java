package dev.millrace.ps.redis;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code HMGET bucket v key key …}: the bucket's state and the weights of some keys, one step in Redis. Keys and weights
 * go to and from the wire without an object each, since a request reads thousands.
 */
final class BucketRead {
    private static final byte[] HEADER = {'$', '8', '\r', '\n'};
    private static final int PER_KEY = HEADER.length + Long.BYTES + 2;

    private BucketRead() {}

    /** Of {@code keys[from..to)}. */
    static final class Args extends CommandArgs<byte[], byte[]> {
        private final long[] keys;
        private final int from;
        private final int to;

        Args(byte[] bucket, long[] keys, int from, int to) {
            super(ByteArrayCodec.INSTANCE);
            addKey(bucket);
            add(Scripts.STATE);
            this.keys = keys;
            this.from = from;
            this.to = to;
        }

        @Override
        public int count() {
            return super.count() + to - from;
        }

        @Override
        public void encode(ByteBuf out) {
            super.encode(out);
            out.ensureWritable((to - from) * PER_KEY);
            for (int i = from; i < to; i++) {
                out.writeBytes(HEADER);
                out.writeLongLE(keys[i]);
                out.writeByte('\r');
                out.writeByte('\n');
            }
        }
    }

    /** Takes the reply: the state, and rows into {@code weights[from..][width]}, zeros where there is none. */
    static final class Output extends CommandOutput<byte[], byte[], float[]> {
        private final int from;
        private final int width;
        private int at;
        private byte @Nullable [] state;

        Output(float[] weights, int from, int width) {
            super(ByteArrayCodec.INSTANCE, weights);
            this.width = width;
            this.from = from;
            at = from - 1;
        }

        /** Null when there is no such bucket. */
        byte @Nullable [] state() {
            return state;
        }

        /** A reply begins, perhaps again after a lost connection. */
        @Override
        public void multi(int count) {
            at = from - 1;
            state = null;
        }

        @Override
        public void set(@Nullable ByteBuffer bytes) {
            if (at < from) {
                state = bytes == null ? null : copy(bytes);
            } else {
                if (bytes == null) {
                    Arrays.fill(output, at * width, (at + 1) * width, 0f);
                } else {
                    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(output, at * width, width);
                }
            }
            at++;
        }

        private static byte[] copy(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            return copy;
        }
    }
}
