package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;

/** The one rule of which delta may be applied to which weights, whatever keeps them. */
public final class DeltaOrder {
    private DeltaOrder() {}

    /**
     * @param now version of the weights, with its shards
     * @return {@link Applied.Advanced} when its rows are to be applied now; anything else: nothing of it
     */
    public static Applied judge(long specFingerprint, ServedVersion now, Delta.Header header) {
        if (header.specFingerprint() != specFingerprint) {
            return new Applied.WrongSpec(specFingerprint, header.specFingerprint());
        }
        int shards = now.shards().size();
        if (header.shard() >= shards || (header.shards() != 0 && header.shards() != shards)) {
            return new Applied.WrongShard(shards, header.shard(), header.shards());
        }
        ShardVersion at = now.shards().get(header.shard());
        if (header.epoch() < at.epoch()) {
            return new Applied.Fenced(at.epoch(), header.epoch());
        }
        long last = at.sequence();
        // A new owner that counts from where it took over: what its predecessor added behind its back is overwritten.
        boolean takesOver = header.epoch() > at.epoch();
        if (header.sequence() <= last && !takesOver) {
            return new Applied.Duplicate(header.sequence());
        }
        if (header.sequence() > last + 1) {
            return new Applied.Gap(last + 1, header.sequence());
        }
        return new Applied.Advanced(header.sequence());
    }
}
