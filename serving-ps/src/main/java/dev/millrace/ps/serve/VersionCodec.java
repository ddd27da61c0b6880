package dev.millrace.ps.serve;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Bytes of a {@link ServedVersion} with its shards, big endian, version 2 of the serving state. What follows from the
 * shards is not written.
 *
 * <pre>
 *  i64 learnedMs · i64 appliedMs · i64 rows · i32 shards
 *  { i64 sequence · i64 epoch · i64 watermarkMs · i64 samples · i64 sampleIdSum · i64 duplicateSamples
 *    i32 partitions · { i32 partition · i64 offset } }
 * </pre>
 */
public final class VersionCodec {
    private static final int FIXED = 3 * Long.BYTES + Integer.BYTES;
    private static final int PER_SHARD = 6 * Long.BYTES + Integer.BYTES;
    private static final int PER_PARTITION = Integer.BYTES + Long.BYTES;

    private VersionCodec() {}

    public static int size(ServedVersion version) {
        int bytes = FIXED;
        for (ShardVersion shard : version.shards()) {
            bytes += PER_SHARD + shard.sampleOffsets().size() * PER_PARTITION;
        }
        return bytes;
    }

    public static void write(ServedVersion version, ByteBuffer out) {
        out.putLong(version.learnedMs()).putLong(version.appliedMs()).putLong(version.rows());
        out.putInt(version.shards().size());
        for (ShardVersion s : version.shards()) {
            out.putLong(s.sequence()).putLong(s.epoch()).putLong(s.watermarkMs());
            out.putLong(s.samples()).putLong(s.sampleIdSum()).putLong(s.duplicateSamples());
            out.putInt(s.sampleOffsets().size());
            new TreeMap<>(s.sampleOffsets())
                    .forEach((partition, offset) -> out.putInt(partition).putLong(offset));
        }
    }

    /** @throws java.nio.BufferUnderflowException when the bytes end before the version does */
    public static ServedVersion read(ByteBuffer in) {
        long learnedMs = in.getLong();
        long appliedMs = in.getLong();
        long rows = in.getLong();
        int count = in.getInt();
        if (count < 1 || (long) count * PER_SHARD > in.remaining()) {
            throw new IllegalArgumentException("version: " + count + " shards in " + in.remaining() + " bytes");
        }
        List<ShardVersion> shards = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            shards.add(shard(in));
        }
        return ServedVersion.of(shards, learnedMs, appliedMs, rows);
    }

    private static ShardVersion shard(ByteBuffer in) {
        long sequence = in.getLong();
        long epoch = in.getLong();
        long watermarkMs = in.getLong();
        long samples = in.getLong();
        long sampleIdSum = in.getLong();
        long duplicates = in.getLong();
        return new ShardVersion(sequence, epoch, watermarkMs, offsets(in), samples, sampleIdSum, duplicates);
    }

    static Map<Integer, Long> offsets(ByteBuffer in) {
        Map<Integer, Long> offsets = new TreeMap<>();
        for (int n = in.getInt(); n > 0; n--) {
            offsets.put(in.getInt(), in.getLong());
        }
        return offsets;
    }
}
