package dev.millrace.ps.redis;

import dev.millrace.ps.serve.ServingSnapshots;
import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Future;

/** Changes buckets of one layout, pipelined, a bounded number of commands on their way. Belongs to one thread. */
final class BucketWriter {
    private static final int ROWS_A_COMMAND = 1_000;
    private static final int IN_FLIGHT = 64;

    private final RedisConfig config;
    private final RedisClusterAsyncCommands<byte[], byte[]> redis;
    private final Scripts scripts;
    private final RedisLayout layout;

    BucketWriter(RedisConfig config, RedisClusterAsyncCommands<byte[], byte[]> redis, RedisLayout layout) {
        this.config = config;
        this.redis = redis;
        this.layout = layout;
        scripts = new Scripts(redis);
    }

    void loadScripts() {
        new Waits(config.write()).all(scripts.load());
    }

    /**
     * Applies rows to all buckets of a shard, each in one step.
     *
     * @param rows by bucket of the shard
     * @param after position on the log that the rows follow
     * @return rows that the shard has now
     * @throws IllegalStateException when a bucket is not where it was left
     * @throws WeightsUnavailable when Redis fails or is too slow; each bucket then has all of its rows or none
     */
    long apply(int shard, List<Rows> rows, BucketState state, long after) {
        List<RedisFuture<Long>> answers = new ArrayList<>(rows.size());
        for (int b = 0; b < rows.size(); b++) {
            byte[] bucket = layout.bucket(layout.first(shard) + b);
            answers.add(scripts.apply(bucket, state, after, rows.get(b)));
        }
        Waits waits = new Waits(config.write());
        waits.all(answers);
        long sum = 0;
        for (RedisFuture<Long> answer : answers) {
            long found = waits.get(answer);
            if (found == Scripts.LOST || found == Scripts.BEHIND) {
                throw new IllegalStateException("model " + layout.model() + ", shard " + shard + ": a bucket in Redis "
                        + (found == Scripts.LOST ? "was lost" : "fell behind"));
            }
            sum += found;
        }
        return sum;
    }

    /** Puts these rows in place of the shard's. */
    long replace(int shard, BucketState state, ServingSnapshots.Serving serving) {
        dropNext(shard);
        Queue<Future<?>> underWay = new ArrayDeque<>();
        List<Rows> slices = new ArrayList<>();
        for (int b = 0; b < layout.bucketsPerShard(); b++) {
            slices.add(new Rows(serving.rows().width()));
        }
        serving.forEachRow((key, row) -> {
            int bucket = layout.bucketOf(key, shard) - layout.first(shard);
            Rows slice = slices.get(bucket);
            slice.put(key, row, 0);
            if (slice.size() == ROWS_A_COMMAND) {
                send(shard, bucket, slice, underWay);
            }
        });
        for (int b = 0; b < slices.size(); b++) {
            send(shard, b, slices.get(b), underWay);
        }
        for (Future<?> last : underWay) {
            new Waits(config.write()).get(last);
        }
        return publishNext(shard, state);
    }

    /** Puts no rows in place of the shard's. */
    void empty(int shard, BucketState state) {
        drop(shard);
        dropNext(shard);
        publishNext(shard, state);
    }

    private void send(int shard, int bucket, Rows slice, Queue<Future<?>> underWay) {
        if (slice.size() == 0) {
            return;
        }
        if (underWay.size() == IN_FLIGHT) {
            new Waits(config.write()).get(underWay.remove());
        }
        underWay.add(redis.hset(layout.next(layout.first(shard) + bucket), slice.fields()));
        slice.clear();
    }

    private long publishNext(int shard, BucketState state) {
        List<RedisFuture<Long>> answers = new ArrayList<>();
        for (int b = layout.first(shard); b < layout.first(shard + 1); b++) {
            answers.add(scripts.replace(layout.bucket(b), layout.next(b), state));
        }
        Waits waits = new Waits(config.write());
        long sum = 0;
        for (RedisFuture<Long> answer : answers) {
            sum += waits.get(answer);
        }
        return sum;
    }

    private void dropNext(int shard) {
        List<Future<?>> answers = new ArrayList<>();
        for (int b = layout.first(shard); b < layout.first(shard + 1); b++) {
            answers.add(redis.unlink(layout.next(b)));
        }
        new Waits(config.write()).all(answers);
    }

    /** Takes the shard's buckets away: reads fail until there are others. */
    void drop(int shard) {
        List<Future<?>> answers = new ArrayList<>();
        for (int b = layout.first(shard); b < layout.first(shard + 1); b++) {
            answers.add(redis.unlink(layout.bucket(b)));
        }
        new Waits(config.write()).all(answers);
    }
}
