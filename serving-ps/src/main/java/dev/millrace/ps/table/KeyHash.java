package dev.millrace.ps.table;

/**
 * The one hash of a row's key. Its high 32 bits place the row within a table, its low 32 bits choose the shard, so that
 * the rows of one shard are spread over all of that shard's table.
 */
public final class KeyHash {
    static final long FIRST = 0x9E3779B97F4A7C15L;
    static final long SECOND = 0xBF58476D1CE4E5B9L;

    /** Inverses modulo 2⁶⁴. */
    private static final long FIRST_BACK = 0xF1DE83E19937733DL;

    private static final long SECOND_BACK = 0x96DE1B173F119089L;

    private KeyHash() {}

    /**
     * All 64 bits. A feature id's low bits are a hash already, but its slot and the few ids that are no hashes are in
     * none of them. Folded and multiplied twice: after one multiplication keys in an arithmetic progression, or that were
     * multiplied so before, may still crowd.
     */
    public static long mix(long key) {
        long h = (key ^ (key >>> 32)) * FIRST;
        h = (h ^ (h >>> 29)) * SECOND;
        return h ^ (h >>> 32);
    }

    /** The key that {@link #mix} made this of. */
    public static long unmix(long mixed) {
        long h = (mixed ^ (mixed >>> 32)) * SECOND_BACK;
        h = (h ^ (h >>> 29) ^ (h >>> 58)) * FIRST_BACK;
        return h ^ (h >>> 32);
    }

    /** The high 32 bits of {@link #mix}, 0..2³²−1: the order of rows within a table. */
    public static long place(long key) {
        long h = (key ^ (key >>> 32)) * FIRST;
        // mix's last fold changes the low half only.
        return ((h ^ (h >>> 29)) * SECOND) >>> 32;
    }

    /** Which of {@code shards} the key's row belongs to, by ranges of the low 32 bits. */
    public static int shardOf(long key, int shards) {
        return (int) (((mix(key) & 0xFFFF_FFFFL) * shards) >>> 32);
    }
}
