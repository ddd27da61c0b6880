package dev.millrace.ps.redis;

import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.table.KeyHash;
import java.nio.charset.StandardCharsets;

/**
 * Which Redis key holds what of one model. The part in braces is what a cluster hashes, so that a bucket and its next
 * contents lie on one node.
 *
 * <pre>
 *  millrace:{MODEL}              hash   format, fingerprint, shards, buckets: what lies where
 *  millrace:{MODEL}:bridge       string which bridge writes, expires
 *  millrace:{MODEL:SHARD:BUCKET} hash   8-byte key, little endian → weight, float, little endian; and
 *                                       p → position on the shard's log, f → fingerprint, v → {@link BucketState}
 *  millrace:{MODEL:SHARD:BUCKET}:next   the same, being filled from a snapshot
 * </pre>
 *
 * A row's bucket is chosen by the high half of its key's hash, its shard by the low half.
 */
record RedisLayout(String model, int shards, int bucketsPerShard) {
    RedisLayout {
        if (shards < 1 || bucketsPerShard < 1 || (long) shards * bucketsPerShard > MAX_BUCKETS) {
            throw new IllegalArgumentException(
                    "redis: " + shards + " shards of " + bucketsPerShard + " buckets, at most " + MAX_BUCKETS);
        }
    }

    static final int MAX_BUCKETS = 16_384;

    static byte[] meta(String model) {
        return ascii("millrace:{" + model + "}");
    }

    static byte[] lease(String model) {
        return ascii("millrace:{" + model + "}:bridge");
    }

    /** Of all shards. */
    int buckets() {
        return shards * bucketsPerShard;
    }

    /** @param bucket of all shards: those of shard 0 first */
    byte[] bucket(int bucket) {
        return ascii("millrace:{" + model + ":" + shard(bucket) + ":" + bucket % bucketsPerShard + "}");
    }

    byte[] next(int bucket) {
        return ascii("millrace:{" + model + ":" + shard(bucket) + ":" + bucket % bucketsPerShard + "}:next");
    }

    int shard(int bucket) {
        return bucket / bucketsPerShard;
    }

    /** First bucket of a shard. */
    int first(int shard) {
        return shard * bucketsPerShard;
    }

    int bucketOf(long key, ServingKeys keys) {
        return bucketOf(key, keys.shardOf(key, shards));
    }

    int bucketOf(long key, int shard) {
        return first(shard) + (int) ((KeyHash.place(key) * bucketsPerShard) >>> Integer.SIZE);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
