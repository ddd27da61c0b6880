package dev.millrace.api.monitor.window;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A partition's sums as its changelog has them, whoever keeps them: as of the last commit. They stay bytes until they are
 * read. Written by the follower's thread, read by anybody; guarded by its own lock.
 */
final class PeerSums implements PartitionSums {
    private final Map<BucketKey, byte[]> buckets = new HashMap<>();

    /** A record of the changelog. @param value null: it is gone */
    synchronized void take(byte[] key, byte @Nullable [] value) {
        String[] fields = new String(key, StandardCharsets.UTF_8).split("\n", -1);
        if (!fields[0].equals(TaskWindows.BUCKETS)) {
            return;
        }
        BucketKey bucket = BucketKey.of(fields);
        if (value == null) {
            buckets.remove(bucket);
        } else {
            buckets.put(bucket, value);
        }
    }

    @Override
    public void readBucket(BucketKey key, WindowSums out) {
        byte[] value;
        synchronized (this) {
            value = buckets.get(key);
        }
        if (value != null) {
            out.merge(WindowSums.of(value));
        }
    }

    @Override
    public synchronized void parts(String model, Length length, long fromMs, Set<String> out) {
        buckets.keySet().forEach(key -> {
            if (key.isOf(model, length, fromMs)) {
                out.add(key.part());
            }
        });
    }
}
