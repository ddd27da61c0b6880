package dev.millrace.ps.redis;

import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One request's keys, sorted by bucket, and what Redis says of them. Belongs to one thread. */
final class Gather {
    /** As fast as Redis answers at first: a bridge is between two buckets for as long as it takes to send one. */
    private static final int AT_ONCE = 3;

    private static final String BETWEEN = "the weights in Redis are between two versions";
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final RedisClusterAsyncCommands<byte[], byte[]> redis;
    private final RedisLayout layout;
    private final long fingerprint;
    private final int n;
    /** Floats of a row. */
    private final int width;
    /** Where each bucket's keys begin in {@link #sorted}; one more at the end. */
    private final int[] starts;
    /** Keys by bucket, their places in the request, their weights. */
    private final long[] sorted;

    private final int[] places;
    private final float[] found;
    private final @Nullable BucketState[] states;

    /** A bucket is missing, or not what the layout says. */
    static final class Misplaced extends Exception {
        private static final long serialVersionUID = 1;

        final String what;

        Misplaced(String what) {
            super(what, null, false, false);
            this.what = what;
        }
    }

    Gather(
            RedisClusterAsyncCommands<byte[], byte[]> redis,
            RedisLayout layout,
            long fingerprint,
            ServingKeys shardOf,
            int width,
            long[] keys,
            int n) {
        this.redis = redis;
        this.layout = layout;
        this.fingerprint = fingerprint;
        this.n = n;
        this.width = width;
        int buckets = layout.buckets();
        int[] bucketOf = new int[n];
        starts = new int[buckets + 1];
        for (int i = 0; i < n; i++) {
            bucketOf[i] = layout.bucketOf(keys[i], shardOf);
            starts[bucketOf[i] + 1]++;
        }
        for (int b = 0; b < buckets; b++) {
            starts[b + 1] += starts[b];
        }
        int[] next = starts.clone();
        sorted = new long[n];
        places = new int[n];
        for (int i = 0; i < n; i++) {
            int at = next[bucketOf[i]]++;
            sorted[at] = keys[i];
            places[at] = i;
        }
        found = new float[n * width];
        states = new BucketState[buckets];
    }

    /** Reads all; the version of each shard is then one. */
    ServedVersion read(Waits waits) throws Misplaced {
        List<Integer> wanted = new ArrayList<>();
        for (int b = 0; b < layout.buckets(); b++) {
            // One bucket tells its shard's version, keys or not.
            if (starts[b + 1] > starts[b] || b % layout.bucketsPerShard() == 0) {
                wanted.add(b);
            }
        }
        for (int tries = 0; !wanted.isEmpty(); tries++) {
            if (tries > AT_ONCE) {
                LockSupport.parkNanos(PAUSE_NS);
            }
            try {
                read(wanted, waits);
            } catch (WeightsUnavailable e) {
                throw tries > 0 && waits.over() ? new WeightsUnavailable(BETWEEN, e) : e;
            }
            wanted = behind();
        }
        return version();
    }

    private void read(List<Integer> buckets, Waits waits) throws Misplaced {
        List<BucketRead.Output> outputs = new ArrayList<>(buckets.size());
        List<RedisFuture<float[]>> answers = new ArrayList<>(buckets.size());
        for (int b : buckets) {
            var output = new BucketRead.Output(found, starts[b], width);
            outputs.add(output);
            var args = new BucketRead.Args(layout.bucket(b), sorted, starts[b], starts[b + 1]);
            answers.add(redis.dispatch(CommandType.HMGET, output, args));
        }
        waits.all(answers);
        for (int i = 0; i < outputs.size(); i++) {
            states[buckets.get(i)] = state(outputs.get(i).state());
        }
    }

    private BucketState state(byte @Nullable [] bytes) throws Misplaced {
        if (bytes == null) {
            throw new Misplaced("Redis lacks weights of model " + layout.model());
        }
        BucketState state = BucketState.decode(bytes);
        if (!state.isOf(fingerprint, layout)) {
            throw new Misplaced("Redis holds weights of another spec of model " + layout.model());
        }
        return state;
    }

    /** Those at which a delta has not arrived that another bucket of the shard has. */
    private List<Integer> behind() {
        List<Integer> behind = new ArrayList<>();
        for (int shard = 0; shard < layout.shards(); shard++) {
            long furthest = furthest(shard).next();
            for (int b = layout.first(shard); b < layout.first(shard + 1); b++) {
                BucketState state = states[b];
                if (state != null && state.next() < furthest) {
                    behind.add(b);
                }
            }
        }
        return behind;
    }

    private BucketState furthest(int shard) {
        BucketState furthest = null;
        for (int b = layout.first(shard); b < layout.first(shard + 1); b++) {
            BucketState state = states[b];
            if (state != null && (furthest == null || state.next() > furthest.next())) {
                furthest = state;
            }
        }
        if (furthest == null) {
            throw new IllegalStateException("no bucket of shard " + shard + " was read");
        }
        return furthest;
    }

    private ServedVersion version() {
        List<ShardVersion> shards = new ArrayList<>(layout.shards());
        long learnedMs = 0;
        long appliedMs = 0;
        for (int shard = 0; shard < layout.shards(); shard++) {
            BucketState state = furthest(shard);
            shards.add(state.version());
            learnedMs = Math.max(learnedMs, state.learnedMs());
            appliedMs = Math.max(appliedMs, state.appliedMs());
        }
        return ServedVersion.of(shards, learnedMs, appliedMs, 0);
    }

    /** In the order of the request. */
    void copyTo(float[] weights) {
        for (int i = 0; i < n; i++) {
            System.arraycopy(found, i * width, weights, places[i] * width, width);
        }
    }
}
