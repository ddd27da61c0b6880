package dev.millrace.ps.parity;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What comparing one shard's serving rows with training's has found.
 *
 * @param equal whether every range of hashes was equal when it was last compared; null while some were not yet compared,
 *     and none that was differs
 * @param equalAt sequence of the last delta with which a range was found equal; 0: none
 * @param offsets partition of the samples topic to the offset up to which that delta includes it
 * @param ranges into how many ranges the rows are divided
 * @param compared how many of them have been compared
 * @param oldestMs when the range was compared that waits longest for its next turn, milliseconds since the epoch; null
 *     while some were not yet compared
 * @param oldestSequence of the delta that it was compared with
 * @param differing the ranges that differed when they were last compared, at most {@link #MAX_NAMED} of them
 * @param mismatches comparisons that found a difference, since the start
 * @param mends how often the shard's rows were taken from a snapshot for it, since the start
 */
public record ShardParity(
        int shard,
        @Nullable Boolean equal,
        long equalAt,
        Map<Integer, Long> offsets,
        int ranges,
        int compared,
        @Nullable Long oldestMs,
        long oldestSequence,
        List<Integer> differing,
        long mismatches,
        long mends) {
    public static final int MAX_NAMED = 16;

    /** Of all shards together: false when one differs, null while that of some is not known. */
    public static @Nullable Boolean equal(List<ShardParity> shards) {
        boolean known = !shards.isEmpty();
        for (ShardParity shard : shards) {
            if (Boolean.FALSE.equals(shard.equal())) {
                return false;
            }
            known &= shard.equal() != null;
        }
        return known ? true : null;
    }
}
