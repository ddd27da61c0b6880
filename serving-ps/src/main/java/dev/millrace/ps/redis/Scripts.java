package dev.millrace.ps.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What changes a bucket: each runs in Redis as one step that no reader sees half of. */
final class Scripts {
    static final byte[] FINGERPRINT = "f".getBytes(StandardCharsets.US_ASCII);
    static final byte[] POSITION = "p".getBytes(StandardCharsets.US_ASCII);
    static final byte[] STATE = "v".getBytes(StandardCharsets.US_ASCII);
    /** Fields of a bucket that are no rows; rows' names are 8 bytes long. */
    static final int OWN_FIELDS = 3;

    /** The bucket is not there, or of another spec. */
    static final long LOST = -1;
    /** The bucket lacks deltas before these. */
    static final long BEHIND = -2;

    /**
     * KEYS bucket · ARGV fingerprint, position on the log that the rows follow, position that they lead to, state,
     * number of tombstones, their keys, then keys and weights. Rows are absolute, so they may also be written over a
     * bucket that is somewhere between the two positions; one that is beyond stays. Returns the rows, LOST or BEHIND.
     * (Positions only rise; sequences fall back where a shard has a new owner.)
     */
    private static final String APPLY = """
            local now = redis.call('HMGET', KEYS[1], 'f', 'p')
            if now[1] ~= ARGV[1] then return -1 end
            local at = tonumber(now[2])
            if at < tonumber(ARGV[2]) then return -2 end
            if at < tonumber(ARGV[3]) then
              local rows = 6 + tonumber(ARGV[5])
              for i = 6, rows - 1, 4000 do
                redis.call('HDEL', KEYS[1], unpack(ARGV, i, math.min(i + 3999, rows - 1)))
              end
              for i = rows, #ARGV, 4000 do
                redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 3999, #ARGV)))
              end
              redis.call('HSET', KEYS[1], 'p', ARGV[3], 'v', ARGV[4])
            end
            return redis.call('HLEN', KEYS[1]) - 3
            """;

    /**
     * KEYS bucket, next · ARGV fingerprint, position, state. Puts the next contents in place of the bucket's, which
     * are freed aside. Returns the rows.
     */
    private static final String REPLACE = """
            redis.call('HSET', KEYS[2], 'f', ARGV[1], 'p', ARGV[2], 'v', ARGV[3])
            redis.call('UNLINK', KEYS[1])
            redis.call('RENAME', KEYS[2], KEYS[1])
            return redis.call('HLEN', KEYS[1]) - 3
            """;

    /** KEYS lease · ARGV holder, holder with its flag, milliseconds. Takes it or keeps it; returns whether. */
    private static final String LEASE = """
            local now = redis.call('GET', KEYS[1])
            if now and string.sub(now, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """;

    /** KEYS lease · ARGV holder. */
    private static final String RELEASE = """
            local now = redis.call('GET', KEYS[1])
            if now and string.sub(now, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
            return 0
            """;

    private final RedisClusterAsyncCommands<byte[], byte[]> redis;
    private final String apply;
    private final String replace;

    /** For calls through a connection that has loaded them by {@link #load}. */
    Scripts(RedisClusterAsyncCommands<byte[], byte[]> redis) {
        this.redis = redis;
        apply = redis.digest(APPLY);
        replace = redis.digest(REPLACE);
    }

    /** Into every node. A server that restarted has lost them: its calls fail until they are loaded again. */
    List<RedisFuture<?>> load() {
        return List.of(redis.scriptLoad(APPLY), redis.scriptLoad(REPLACE));
    }

    RedisFuture<Long> apply(byte[] bucket, BucketState state, long after, Rows rows) {
        List<byte[]> args = new ArrayList<>(5 + 2 * rows.size());
        args.add(number(state.fingerprint()));
        args.add(number(after));
        args.add(number(state.next()));
        args.add(state.encode());
        rows.addTo(args);
        return redis.evalsha(apply, ScriptOutputType.INTEGER, new byte[][] {bucket}, args.toArray(new byte[0][]));
    }

    RedisFuture<Long> replace(byte[] bucket, byte[] next, BucketState state) {
        return redis.evalsha(
                replace,
                ScriptOutputType.INTEGER,
                new byte[][] {bucket, next},
                number(state.fingerprint()),
                number(state.next()),
                state.encode());
    }

    /** Sent whole, so that it works whatever was loaded. */
    RedisFuture<Long> lease(byte[] lease, String holder, String value, long forMs) {
        return redis.eval(
                LEASE, ScriptOutputType.INTEGER, new byte[][] {lease}, text(holder), text(value), number(forMs));
    }

    RedisFuture<Long> release(byte[] lease, String holder) {
        return redis.eval(RELEASE, ScriptOutputType.INTEGER, new byte[][] {lease}, text(holder));
    }

    static byte[] number(long value) {
        return text(Long.toString(value));
    }

    static byte[] text(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }
}
