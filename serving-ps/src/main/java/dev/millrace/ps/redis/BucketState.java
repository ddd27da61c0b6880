package dev.millrace.ps.redis;

import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import dev.millrace.ps.serve.VersionCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What the rows of one bucket are, kept beside them and changed with them. Bytes, big endian, version 1:
 *
 * <pre>
 *  u8 version=1 · i64 fingerprint · i32 shards · i32 bucketsPerShard · i64 sequence · i64 next
 *  the shard's version ({@link VersionCodec}, of one shard)
 * </pre>
 *
 * @param next offset on the shard's delta partition after the last delta that the bucket contains; −1: its beginning
 * @param learnedMs when that delta was learned
 * @param appliedMs when the bridge wrote it
 */
record BucketState(
        long fingerprint,
        int shards,
        int bucketsPerShard,
        long next,
        ShardVersion version,
        long learnedMs,
        long appliedMs) {
    private static final byte VERSION = 1;
    private static final int SEQUENCE = 1 + Long.BYTES + 2 * Integer.BYTES;

    long sequence() {
        return version.sequence();
    }

    byte[] encode() {
        ServedVersion served = ServedVersion.of(List.of(version), learnedMs, appliedMs, 0);
        ByteBuffer out = ByteBuffer.allocate(SEQUENCE + 2 * Long.BYTES + VersionCodec.size(served));
        out.put(VERSION).putLong(fingerprint).putInt(shards).putInt(bucketsPerShard);
        out.putLong(version.sequence()).putLong(next);
        VersionCodec.write(served, out);
        return out.array();
    }

    /** @throws IllegalArgumentException when the bytes are no state of a known version */
    static BucketState decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("redis: bucket of version " + version + ", known is " + VERSION);
            }
            long fingerprint = in.getLong();
            int shards = in.getInt();
            int buckets = in.getInt();
            long sequence = in.getLong();
            long next = in.getLong();
            ServedVersion served = VersionCodec.read(in);
            ShardVersion shard = served.shards().getFirst();
            if (served.shards().size() != 1 || shard.sequence() != sequence) {
                throw new IllegalArgumentException("redis: bucket at " + sequence + " and " + served);
            }
            return new BucketState(fingerprint, shards, buckets, next, shard, served.learnedMs(), served.appliedMs());
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("redis: bucket state cut short at " + bytes.length + " bytes", e);
        }
    }

    boolean isOf(long specFingerprint, RedisLayout layout) {
        return fingerprint == specFingerprint
                && shards == layout.shards()
                && bucketsPerShard == layout.bucketsPerShard();
    }
}
