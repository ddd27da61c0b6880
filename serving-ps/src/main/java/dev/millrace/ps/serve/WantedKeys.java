package dev.millrace.ps.serve;

import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongPredicate;

/**
 * The last {@value #MAX} keys that were read from disk and had a row. Many threads add, one takes; a key that is
 * overwritten before it is taken will be wanted again.
 */
final class WantedKeys {
    private static final int MAX = 1 << 14;
    private static final long NONE = 0;

    private final AtomicLongArray ring = new AtomicLongArray(MAX);
    private final AtomicLong added = new AtomicLong();

    void add(long key) {
        ring.setOpaque((int) (added.getAndIncrement() % MAX), key);
    }

    /** All, each once, and at most so many, of those that pass. */
    long[] take(long atMost, LongPredicate filter) {
        LongOpenHashSet taken = new LongOpenHashSet();
        if (added.getAndSet(0) != 0) {
            for (int i = 0; i < MAX && taken.size() < atMost; i++) {
                long key = ring.getOpaque(i);
                ring.setOpaque(i, NONE);
                if (key != NONE && filter.test(key)) {
                    taken.add(key);
                }
            }
        }
        return taken.toLongArray();
    }
}
