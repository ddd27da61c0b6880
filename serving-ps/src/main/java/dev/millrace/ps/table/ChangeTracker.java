package dev.millrace.ps.table;

import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Which buckets changed since the last cut, and which ones the cut in progress has still to save: a bit each.
 *
 * <pre>
 *  changed   0 1 0 0 1 0 …   set with every change; becomes unsaved when a cut begins
 *  unsaved   0 0 1 0 0 0 …   cleared when saved: by the cut's own pass, or right before the bucket changes
 * </pre>
 *
 * Belongs to the table's owning thread.
 */
final class ChangeTracker {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** Removed keys that are remembered; when there are more, the next cut is a whole one. */
    private static final int MAX_REMOVED = 1 << 20;

    private final OffHeapTable table;
    private final LongOpenHashSet removed = new LongOpenHashSet();
    private MemorySegment changed;
    private MemorySegment unsaved;
    private @Nullable Cut cut;
    /** Whether the maps do not tell all changes since the last complete cut. */
    private boolean forgot = true;

    /** @param buckets most that the table can have */
    ChangeTracker(OffHeapTable table, long buckets) {
        this.table = table;
        long words = Math.ceilDiv(buckets, Long.SIZE);
        this.changed = MappedMemory.reserve(words * Long.BYTES);
        this.unsaved = MappedMemory.reserve(words * Long.BYTES);
        // How much of them was written is not told, so the next one could not zero it.
        KeptMemory.never(changed);
        KeptMemory.never(unsaved);
    }

    /** Bytes of both maps for that many buckets. */
    static long bytes(long buckets) {
        return 2 * Math.ceilDiv(buckets, Long.SIZE) * Long.BYTES;
    }

    /** Before a row of the bucket is written. */
    void touch(long bucket) {
        beforeChange(bucket);
        if (!get(changed, bucket)) {
            set(changed, bucket);
        }
    }

    /** Before a bucket's rows are moved or overwritten. */
    void beforeChange(long bucket) {
        if (cut != null && get(unsaved, bucket)) {
            clear(unsaved, bucket);
            table.forEachRowOf(bucket, cut::hand);
        }
    }

    boolean isChanged(long bucket) {
        return get(changed, bucket);
    }

    void markChanged(long bucket) {
        set(changed, bucket);
    }

    void removed(long key) {
        if (removed.size() < MAX_REMOVED) {
            removed.add(key);
        } else {
            forgot = true;
        }
    }

    /** @param buckets how many the table uses now */
    RowCut begin(boolean onlyChanged, long buckets, RowCut.Sink sink) {
        if (cut != null) {
            throw new IllegalStateException("a cut is in progress");
        }
        MemorySegment free = unsaved;
        unsaved = changed;
        changed = free;
        boolean whole = !onlyChanged || forgot;
        if (whole) {
            unsaved.asSlice(0, Math.ceilDiv(buckets, Long.SIZE) * Long.BYTES).fill((byte) -1);
        }
        cut = new Cut(sink, whole, removed.toLongArray(), Math.ceilDiv(buckets, Long.SIZE));
        removed.clear();
        forgot = false;
        return cut;
    }

    private static boolean get(MemorySegment bits, long bucket) {
        return (bits.get(LONG, bucket >>> 6 << 3) & 1L << bucket) != 0;
    }

    private static void set(MemorySegment bits, long bucket) {
        long word = bucket >>> 6 << 3;
        bits.set(LONG, word, bits.get(LONG, word) | 1L << bucket);
    }

    private static void clear(MemorySegment bits, long bucket) {
        long word = bucket >>> 6 << 3;
        bits.set(LONG, word, bits.get(LONG, word) & ~(1L << bucket));
    }

    private final class Cut implements RowCut {
        private final Sink sink;
        private final boolean whole;
        private final long[] removedBefore;
        private final long end;
        private long word;

        Cut(Sink sink, boolean whole, long[] removedBefore, long end) {
            this.sink = sink;
            this.whole = whole;
            this.removedBefore = removedBefore;
            this.end = end;
        }

        void hand(long row) {
            sink.row(table, row);
        }

        @Override
        public boolean advance(int buckets) {
            int left = buckets;
            while (word < end && left > 0) {
                long bits = unsaved.get(LONG, word << 3);
                if (bits == 0) {
                    word++;
                } else {
                    beforeChange((word << 6) + Long.numberOfTrailingZeros(bits));
                    left--;
                }
            }
            if (word == end && cut == this) {
                cut = null;
            }
            return word == end;
        }

        @Override
        public boolean whole() {
            return whole;
        }

        @Override
        public long[] removed() {
            return removedBefore;
        }

        @Override
        public void close() {
            if (cut == this) {
                cut = null;
                forgot = true;
                unsaved.asSlice(0, end * Long.BYTES).fill((byte) 0);
            }
        }
    }
}
