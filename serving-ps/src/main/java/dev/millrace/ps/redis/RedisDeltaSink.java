package dev.millrace.ps.redis;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.serve.DeltaOrder;
import dev.millrace.ps.serve.DeltaSink;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ServingSnapshots;
import dev.millrace.ps.serve.ShardVersion;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes deltas into Redis: those of a poll are merged, and each bucket of a shard takes its rows, its version and the
 * offset to go on from in one step. What is not written is read from the log again: where to go on stands in Redis
 * itself, in each bucket, so that a crash between two buckets, a node that lost its last writes, and a second writer all
 * end in the same rows. A bucket that is lost is filled again from the newest snapshot. Belongs to the following thread.
 */
final class RedisDeltaSink implements DeltaSink {
    private static final Logger LOG = LoggerFactory.getLogger(RedisDeltaSink.class);
    /** Rows that are held back at most, so that no step in Redis grows without a bound. */
    private static final int MAX_PENDING = 50_000;

    private final ModelSpec spec;
    private final long fingerprint;
    private final RedisConfig config;
    private final RedisLink link;
    private final ServingSnapshots snapshots;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    private ServedVersion version = ServedVersion.NONE;
    private List<PendingShard> shards = List.of();
    private RedisLayout layout;
    private @Nullable BucketWriter writer;
    private final List<ServedVersion> unwritten = new ArrayList<>();
    private int pendingRows;

    /** Rows of one shard that Redis does not have yet; {@code written} is where Redis is. */
    private static final class PendingShard {
        final List<Rows> buckets = new ArrayList<>();
        long written = -1;
        long next = -1;
        long rows;
    }

    /** @param listener hears of each version, once Redis has it */
    RedisDeltaSink(
            ModelSpec spec,
            RedisConfig config,
            RedisLink link,
            ServingSnapshots snapshots,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.config = config;
        layout = new RedisLayout(spec.model(), 1, config.bucketsPerShard());
        this.link = link;
        this.snapshots = snapshots;
        this.clock = clock;
        this.listener = listener;
    }

    @Override
    public long[] resume(int count) throws IOException {
        RedisClusterAsyncCommands<byte[], byte[]> redis = link.commands();
        layout = settleLayout(redis, count);
        BucketWriter to = new BucketWriter(config, redis, layout);
        to.loadScripts();
        writer = to;
        unwritten.clear();
        pendingRows = 0;
        shards = Stream.generate(PendingShard::new).limit(count).toList();
        version = ServedVersion.before(count);
        for (int shard = 0; shard < count; shard++) {
            for (int b = 0; b < layout.bucketsPerShard(); b++) {
                shards.get(shard).buckets.add(new Rows(spec.rowWidth()));
            }
            Optional<BucketState> oldest = oldest(redis, shard);
            if (oldest.isPresent()) {
                take(shard, oldest.get());
            } else {
                fill(shard, to);
            }
        }
        return shards.stream().mapToLong(s -> s.next).toArray();
    }

    /** Keeps what Redis has of this spec and so many shards; else takes that away and says what comes. */
    private RedisLayout settleLayout(RedisClusterAsyncCommands<byte[], byte[]> redis, int count) {
        Waits waits = new Waits(config.write());
        byte[] key = RedisLayout.meta(spec.model());
        Meta found = Meta.decode(spec.model(), waits.get(redis.hgetall(key))).orElse(null);
        if (found != null
                && found.fingerprint() == fingerprint
                && found.layout().shards() == count) {
            return found.layout();
        }
        if (found != null) {
            LOG.warn(
                    "model {}: Redis holds weights of another spec or of {} shards; they are taken away",
                    spec.model(),
                    found.layout().shards());
            BucketWriter old = new BucketWriter(config, redis, found.layout());
            for (int shard = 0; shard < found.layout().shards(); shard++) {
                old.drop(shard);
            }
        }
        RedisLayout made = new RedisLayout(spec.model(), count, config.bucketsPerShard());
        waits.get(redis.hset(key, new Meta(fingerprint, made).encode()));
        return made;
    }

    /** The state of the bucket that is furthest behind; empty when a bucket of the shard is lost. */
    private Optional<BucketState> oldest(RedisClusterAsyncCommands<byte[], byte[]> redis, int shard) {
        List<RedisFuture<byte[]>> answers = new ArrayList<>();
        for (int b = layout.first(shard); b < layout.first(shard + 1); b++) {
            answers.add(redis.hget(layout.bucket(b), Scripts.STATE));
        }
        Waits waits = new Waits(config.write());
        BucketState oldest = null;
        for (RedisFuture<byte[]> answer : answers) {
            byte[] bytes = waits.get(answer);
            BucketState state = bytes == null ? null : BucketState.decode(bytes);
            if (state == null || !state.isOf(fingerprint, layout)) {
                return Optional.empty();
            }
            if (oldest == null || state.next() < oldest.next()) {
                oldest = state;
            }
        }
        return Optional.ofNullable(oldest);
    }

    private void take(int shard, BucketState state) {
        PendingShard pending = shards.get(shard);
        pending.buckets.forEach(Rows::clear);
        pending.written = state.next();
        pending.next = state.next();
        version = version.with(shard, state.version(), state.learnedMs(), state.appliedMs());
    }

    /** A shard of which Redis has nothing, or not all. */
    private void fill(int shard, BucketWriter to) throws IOException {
        to.drop(shard);
        if (mend(shard) < 0) {
            // The log's beginning may have expired: it is the last resort, not the first.
            BucketState nothing = state(ShardVersion.NONE, -1, 0);
            to.empty(shard, nothing);
            take(shard, nothing);
        }
    }

    private BucketState state(ShardVersion of, long next, long learnedMs) {
        return new BucketState(
                fingerprint, layout.shards(), layout.bucketsPerShard(), next, of, learnedMs, clock.millis());
    }

    @Override
    public Applied apply(Delta delta, long following) {
        Delta.Header header = delta.header();
        Applied judged = DeltaOrder.judge(fingerprint, version, header);
        if (judged instanceof Applied.Advanced) {
            PendingShard pending = shards.get(header.shard());
            for (int i = 0; i < delta.keys().length; i++) {
                int bucket = layout.bucketOf(delta.keys()[i], header.shard()) - layout.first(header.shard());
                pending.buckets.get(bucket).put(delta.keys()[i], delta.weights(), delta.at(i));
            }
            pending.next = following;
            pendingRows += delta.keys().length;
            version = version.after(header, clock.millis());
            unwritten.add(version);
            if (pendingRows >= MAX_PENDING) {
                persist();
            }
        }
        return judged;
    }

    /** Writes what was applied, and says so to the listener. */
    @Override
    public void persist() {
        if (unwritten.isEmpty()) {
            return;
        }
        BucketWriter to = writer();
        for (int shard = 0; shard < shards.size(); shard++) {
            PendingShard pending = shards.get(shard);
            ShardVersion now = version.shards().get(shard);
            if (pending.next > pending.written) {
                BucketState state = state(now, pending.next, version.learnedMs());
                pending.rows = to.apply(shard, pending.buckets, state, pending.written);
                pending.written = pending.next;
                pending.buckets.forEach(Rows::clear);
            }
        }
        pendingRows = 0;
        long rows = shards.stream().mapToLong(s -> s.rows).sum();
        unwritten.forEach(written -> listener.accept(written.withRows(rows)));
        unwritten.clear();
    }

    private BucketWriter writer() {
        BucketWriter to = writer;
        if (to == null) {
            throw new IllegalStateException("not resumed");
        }
        return to;
    }

    @Override
    public long mend(int shard) throws IOException {
        // What was applied before the gap is to be in Redis, or its rows would be written over those of the snapshot.
        persist();
        long last = version.shards().get(shard).sequence();
        try (ServingSnapshots.Serving newer =
                snapshots.newerThan(shard, shards.size(), last).orElse(null)) {
            return newer == null ? -1 : mend(shard, newer);
        }
    }

    private long mend(int shard, ServingSnapshots.Serving newer) {
        BucketState state = state(newer.version(), newer.next(), clock.millis());
        shards.get(shard).rows = writer().replace(shard, state, newer);
        take(shard, state);
        listener.accept(version);
        LOG.info(
                "model {}, shard {}: Redis filled from the snapshot at sequence {}",
                spec.model(),
                shard,
                newer.version().sequence());
        return newer.next();
    }

    @Override
    public void close() {
        // Nothing is held that the log does not have.
        unwritten.clear();
    }
}
