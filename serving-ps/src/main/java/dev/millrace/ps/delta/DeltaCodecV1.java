package dev.millrace.ps.delta;

import java.nio.ByteBuffer;
import java.util.SortedMap;

/**
 * Reads deltas of version 1, little endian:
 *
 * <pre>
 *  u8 version=1 · i32 shard · i64 sequence · i64 fingerprint · i64 learnedMs · i64 watermarkMs
 *  i64 samples · i64 sampleIdSum · i64 duplicateSamples
 *  i32 partitions · { i32 partition · i64 from · i64 to } · i32 rows · i64 key[rows] · f32 weight[rows]
 * </pre>
 */
final class DeltaCodecV1 {
    private DeltaCodecV1() {}

    /** From behind the version. */
    static Delta decode(ByteBuffer in) {
        int shard = in.getInt();
        long sequence = in.getLong();
        long fingerprint = in.getLong();
        long learnedMs = in.getLong();
        long watermarkMs = in.getLong();
        long samples = in.getLong();
        long sampleIdSum = in.getLong();
        long duplicateSamples = in.getLong();
        SortedMap<Integer, Delta.Range> ranges = DeltaCodec.ranges(in);
        int rows = in.getInt();
        DeltaCodec.check(rows, (long) rows * DeltaCodec.PER_ROW == in.remaining(), "rows", in);
        long[] keys = new long[rows];
        in.asLongBuffer().get(keys);
        in.position(in.position() + rows * Long.BYTES);
        float[] weights = new float[rows];
        in.asFloatBuffer().get(weights);
        var header = new Delta.Header(
                shard, sequence, fingerprint, learnedMs, watermarkMs, ranges, samples, sampleIdSum, duplicateSamples);
        return new Delta(header, keys, weights);
    }
}
