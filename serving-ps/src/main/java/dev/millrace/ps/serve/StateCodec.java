package dev.millrace.ps.serve;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Bytes of a {@link RowStore.State}, big endian. Version 2:
 *
 * <pre>
 *  u8 version=2 · i64 fingerprint · the version ({@link VersionCodec}) · { i64 nextDelta } a shard
 * </pre>
 *
 * Version 1 is refused: its rows were in another order. They come again from the newest snapshot or the log.
 */
final class StateCodec {
    private static final byte VERSION = 2;

    private StateCodec() {}

    static byte[] encode(RowStore.State state) {
        int bytes = 1 + Long.BYTES + VersionCodec.size(state.version()) + state.nextDelta().length * Long.BYTES;
        ByteBuffer out = ByteBuffer.allocate(bytes);
        out.put(VERSION).putLong(state.specFingerprint());
        VersionCodec.write(state.version(), out);
        for (long next : state.nextDelta()) {
            out.putLong(next);
        }
        return out.array();
    }

    /** @throws IllegalArgumentException when the bytes are no state of a known version */
    static RowStore.State decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte version = in.get();
            return switch (version) {
                case VERSION -> version2(in);
                default ->
                    throw new IllegalArgumentException(
                            "serving rows: state version " + version + ", known is " + VERSION);
            };
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("serving rows: the state is cut short at " + bytes.length + " bytes", e);
        }
    }

    private static RowStore.State version2(ByteBuffer in) {
        long fingerprint = in.getLong();
        ServedVersion version = VersionCodec.read(in);
        long[] next = new long[version.shards().size()];
        for (int shard = 0; shard < next.length; shard++) {
            next[shard] = in.getLong();
        }
        return new RowStore.State(version, fingerprint, next);
    }
}
