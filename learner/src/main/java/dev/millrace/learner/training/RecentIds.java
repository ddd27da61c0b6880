package dev.millrace.learner.training;

import it.unimi.dsi.fastutil.longs.LongOpenHashSet;

/**
 * The latest sample ids, so that one that comes again is recognized. A ring of fixed capacity beside a hash set; the
 * oldest falls out. The join re-sends at most what it emitted since its last checkpoint: capacity must exceed that.
 */
public final class RecentIds {
    private final long[] ring;
    private final LongOpenHashSet ids;
    private long added;

    /** @param capacity how many ids are kept */
    public RecentIds(int capacity) {
        ring = new long[capacity];
        ids = new LongOpenHashSet(Math.min(capacity, 1 << 16));
    }

    /** @return false when the id is among the latest already */
    public boolean add(long id) {
        if (!ids.add(id)) {
            return false;
        }
        int at = (int) (added % ring.length);
        if (added >= ring.length) {
            ids.remove(ring[at]);
        }
        ring[at] = id;
        added++;
        return true;
    }

    /** Whether the next new id pushes the oldest out. */
    public boolean isFull() {
        return added >= ring.length;
    }

    /** Oldest first. */
    long[] toArray() {
        int n = (int) Math.min(added, ring.length);
        long[] out = new long[n];
        for (int i = 0; i < n; i++) {
            out[i] = ring[(int) ((added - n + i) % ring.length)];
        }
        return out;
    }
}
