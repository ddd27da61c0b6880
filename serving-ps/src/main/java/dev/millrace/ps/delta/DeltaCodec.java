package dev.millrace.ps.delta;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Bytes of a {@link Delta}, little endian, version 1:
 *
 * <pre>
 *  u8 version=1 · i32 shard · i64 sequence · i64 fingerprint · i64 learnedMs · i64 watermarkMs
 *  i64 samples · i64 sampleIdSum · i64 duplicateSamples
 *  i32 partitions · { i32 partition · i64 from · i64 to } · i32 rows · i64 key[rows] · f32 weight[rows]
 * </pre>
 */
public final class DeltaCodec {
    static final byte VERSION = 1;

    private static final int FIXED = 1 + 3 * Integer.BYTES + 7 * Long.BYTES;
    private static final int PER_PARTITION = Integer.BYTES + 2 * Long.BYTES;
    /** Bytes a row on the wire. */
    public static final int PER_ROW = Long.BYTES + Float.BYTES;

    private DeltaCodec() {}

    public static byte[] encode(Delta delta) {
        Delta.Header h = delta.header();
        int rows = delta.keys().length;
        ByteBuffer out = ByteBuffer.allocate(FIXED + h.ranges().size() * PER_PARTITION + rows * PER_ROW)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.put(VERSION).putInt(h.shard()).putLong(h.sequence()).putLong(h.specFingerprint());
        out.putLong(h.learnedMs()).putLong(h.watermarkMs());
        out.putLong(h.samples()).putLong(h.sampleIdSum()).putLong(h.duplicateSamples());
        out.putInt(h.ranges().size());
        h.ranges()
                .forEach((partition, range) ->
                        out.putInt(partition).putLong(range.from()).putLong(range.to()));
        out.putInt(rows);
        out.asLongBuffer().put(delta.keys());
        out.position(out.position() + rows * Long.BYTES);
        out.asFloatBuffer().put(delta.weights());
        return out.array();
    }

    /** @throws IllegalArgumentException when the bytes are no delta of a known version */
    public static Delta decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("delta: version " + version + ", known is " + VERSION);
            }
            return decode(in);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("delta: cut short at " + bytes.length + " bytes", e);
        }
    }

    private static Delta decode(ByteBuffer in) {
        int shard = in.getInt();
        long sequence = in.getLong();
        long fingerprint = in.getLong();
        long learnedMs = in.getLong();
        long watermarkMs = in.getLong();
        long samples = in.getLong();
        long sampleIdSum = in.getLong();
        long duplicateSamples = in.getLong();
        SortedMap<Integer, Delta.Range> ranges = new TreeMap<>();
        int partitions = count(in, PER_PARTITION, "partitions");
        for (int p = 0; p < partitions; p++) {
            ranges.put(in.getInt(), new Delta.Range(in.getLong(), in.getLong()));
        }
        int rows = count(in, PER_ROW, "rows");
        long[] keys = new long[rows];
        in.asLongBuffer().get(keys);
        in.position(in.position() + rows * Long.BYTES);
        float[] weights = new float[rows];
        in.asFloatBuffer().get(weights);
        var header = new Delta.Header(
                shard, sequence, fingerprint, learnedMs, watermarkMs, ranges, samples, sampleIdSum, duplicateSamples);
        return new Delta(header, keys, weights);
    }

    private static int count(ByteBuffer in, int bytesEach, String what) {
        int n = in.getInt();
        if (n < 0 || (long) n * bytesEach > in.remaining()) {
            throw new IllegalArgumentException("delta: " + n + " " + what + " do not fit " + in.remaining() + " bytes");
        }
        return n;
    }
}
