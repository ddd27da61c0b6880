package dev.millrace.ps.redis;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightReader;
import dev.millrace.ps.serve.WeightsUnavailable;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads weights from Redis, all keys of a request in one round trip, pipelined.
 *
 * <p><b>Consistency.</b> Each shard's weights are of exactly one of its versions: a bucket's rows and its position on
 * the log are read in one step, as the bridge changes them in one step, and buckets of a shard that a delta has not reached yet are
 * read again until all are at one position. Shards are independent streams; the version names each one's sequence. No
 * weight is made up: a bucket that is missing, or of another spec, fails the read. Safe for many threads.
 */
public final class RedisWeights implements WeightReader {
    private static final long[] NO_KEYS = {};

    private final String model;
    private final long fingerprint;
    private final ServingKeys shardOf;
    private final int width;
    private final RedisConfig config;
    private final RedisLink link;
    private volatile @Nullable RedisLayout layout;
    private volatile long rows;

    /** @param caughtUp whether the bridge that writes says so; false when there is none */
    public record State(ServedVersion version, boolean caughtUp) {}

    RedisWeights(ModelSpec spec, RedisConfig config, RedisLink link) {
        model = spec.model();
        fingerprint = spec.fingerprint();
        shardOf = new ServingKeys(spec);
        width = spec.rowWidth();
        this.config = config;
        this.link = link;
    }

    /**
     * The version's row count is that of the last {@link #state}.
     *
     * @throws WeightsUnavailable when Redis is away, too slow, or holds no such weights
     */
    @Override
    public ServedVersion read(long[] keys, int n, float[] weights) {
        return read(keys, n, weights, new Waits(config.read()));
    }

    private ServedVersion read(long[] keys, int n, float[] weights, Waits waits) {
        RedisLayout known = layout;
        try {
            if (known != null) {
                return read(known, keys, n, weights, waits);
            }
        } catch (Gather.Misplaced e) {
            // The bridge may have laid them out anew.
            layout = null;
        }
        try {
            return read(askLayout(waits), keys, n, weights, waits);
        } catch (Gather.Misplaced e) {
            layout = null;
            throw new WeightsUnavailable(e.what, e);
        }
    }

    private ServedVersion read(RedisLayout at, long[] keys, int n, float[] weights, Waits waits)
            throws Gather.Misplaced {
        try {
            Gather gather = new Gather(link.commands(), at, fingerprint, shardOf, width, keys, n);
            ServedVersion version = gather.read(waits);
            gather.copyTo(weights);
            return version.withRows(rows);
        } catch (RedisException e) {
            throw new WeightsUnavailable("Redis failed", e);
        }
    }

    private RedisLayout askLayout(Waits waits) {
        Map<byte[], byte[]> fields = waits.get(link.commands().hgetall(RedisLayout.meta(model)));
        Meta meta = Meta.decode(model, fields)
                .orElseThrow(() -> new WeightsUnavailable("Redis holds no weights of model " + model));
        if (meta.fingerprint() != fingerprint) {
            throw new WeightsUnavailable("Redis holds weights of another spec of model " + model);
        }
        layout = meta.layout();
        return meta.layout();
    }

    /** The version that serves now, with its rows, and what the bridge says. O(buckets). */
    public State state() {
        Waits waits = new Waits(config.read());
        ServedVersion version = read(NO_KEYS, 0, new float[0], waits);
        RedisLayout now = layout;
        if (now == null) {
            throw new WeightsUnavailable("Redis holds no weights of model " + model);
        }
        try {
            List<RedisFuture<Long>> lengths = new ArrayList<>(now.buckets());
            for (int b = 0; b < now.buckets(); b++) {
                lengths.add(link.commands().hlen(now.bucket(b)));
            }
            RedisFuture<byte[]> lease = link.commands().get(RedisLayout.lease(model));
            long fields = 0;
            for (RedisFuture<Long> length : lengths) {
                fields += Math.max(0, waits.get(length) - Scripts.OWN_FIELDS);
            }
            rows = fields;
            byte[] holder = waits.get(lease);
            boolean caughtUp = holder != null && Lease.saysCaughtUp(new String(holder, StandardCharsets.UTF_8));
            return new State(version.withRows(fields), caughtUp);
        } catch (RedisException e) {
            throw new WeightsUnavailable("Redis failed", e);
        }
    }
}
