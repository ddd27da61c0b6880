package dev.millrace.learner.training;

import dev.millrace.ingest.sample.SampleBlock;

/**
 * The latest sample ids, so that one that comes again is recognized. A ring of fixed capacity beside a hash set; the
 * oldest falls out. The join re-sends at most what it emitted since its last checkpoint: capacity must exceed that.
 *
 * <p>The set is open addressing at a load of at most ½, without graves: what stands behind a place that becomes free moves
 * up (Knuth, volume 3, algorithm 6.4 R).
 */
public final class RecentIds {
    private static final int LEAST_PLACES = 1 << 10;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    /** Marks a free place; the id itself is noted apart. */
    private static final long NONE = 0;

    private final long[] ring;
    private long[] places = new long[LEAST_PLACES];
    private int shift = shiftOf(LEAST_PLACES);
    private boolean hasNone;
    private int size;
    private long added;

    /** @param capacity how many ids are kept */
    public RecentIds(int capacity) {
        ring = new long[capacity];
    }

    /** @return false when the id is among the latest already */
    public boolean add(long id) {
        if (!put(id)) {
            return false;
        }
        int at = (int) (added % ring.length);
        if (added >= ring.length) {
            remove(ring[at]);
        }
        ring[at] = id;
        added++;
        return true;
    }

    /** Loads what adding the block's ids will look at, so that the cache misses overlap. */
    void touch(SampleBlock block) {
        int there = 0;
        for (int i = 0; i < block.size(); i++) {
            there += places[home(block.sampleId(i))] == NONE ? 0 : 1;
        }
        if (isFull()) {
            for (int i = 0; i < block.size(); i++) {
                there += places[home(ring[(int) ((added + i) % ring.length)])] == NONE ? 0 : 1;
            }
        }
        if (there < 0) {
            throw new AssertionError("never, but the compiler must not leave the loads out");
        }
    }

    private int home(long id) {
        return (int) ((id * GOLDEN) >>> shift);
    }

    private boolean put(long id) {
        if (id == NONE) {
            boolean isNew = !hasNone;
            hasNone = true;
            return isNew;
        }
        int at = home(id);
        while (places[at] != NONE) {
            if (places[at] == id) {
                return false;
            }
            at = (at + 1) & (places.length - 1);
        }
        places[at] = id;
        if (2 * ++size > places.length) {
            grow();
        }
        return true;
    }

    private void grow() {
        long[] before = places;
        places = new long[2 * before.length];
        shift = shiftOf(places.length);
        size = 0;
        for (long id : before) {
            if (id != NONE) {
                put(id);
            }
        }
    }

    private void remove(long id) {
        if (id == NONE) {
            hasNone = false;
            return;
        }
        int mask = places.length - 1;
        int hole = home(id);
        while (places[hole] != id) {
            hole = (hole + 1) & mask;
        }
        for (int at = (hole + 1) & mask; places[at] != NONE; at = (at + 1) & mask) {
            // Whether a search for it would pass the hole.
            if (((at - home(places[at])) & mask) >= ((at - hole) & mask)) {
                places[hole] = places[at];
                hole = at;
            }
        }
        places[hole] = NONE;
        size--;
    }

    private static int shiftOf(int length) {
        return Long.SIZE - Integer.numberOfTrailingZeros(length);
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
