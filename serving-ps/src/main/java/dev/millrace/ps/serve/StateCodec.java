package dev.millrace.ps.serve;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Bytes of a {@link RowStore.State}, big endian. Version 2:
 *
 * <pre>
 *  u8 version=2 · i64 fingerprint · the version ({@link VersionCodec}) · { i64 nextDelta } a shard
 * </pre>
 *
 * Version 1, of one shard, is still read: u8 version=1 · i64 fingerprint · i64 nextDelta · i64 sequence · i64 learnedMs ·
 * i64 appliedMs · i64 watermarkMs · i64 samples · i64 sampleIdSum · i64 duplicateSamples · i32 partitions · { i32
 * partition · i64 offset }.
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
                case 1 -> version1(in);
                case 2 -> version2(in);
                default ->
                    throw new IllegalArgumentException(
                            "serving rows: state version " + version + ", known are 1 and " + VERSION);
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

    private static RowStore.State version1(ByteBuffer in) {
        long fingerprint = in.getLong();
        long nextDelta = in.getLong();
        long sequence = in.getLong();
        long learnedMs = in.getLong();
        long appliedMs = in.getLong();
        long watermarkMs = in.getLong();
        long samples = in.getLong();
        long sampleIdSum = in.getLong();
        long duplicates = in.getLong();
        var only =
                new ShardVersion(sequence, 0, watermarkMs, VersionCodec.offsets(in), samples, sampleIdSum, duplicates);
        ServedVersion served = ServedVersion.of(List.of(only), learnedMs, appliedMs, 0);
        return new RowStore.State(served, fingerprint, new long[] {nextDelta});
    }
}
