package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;

/**
 * Rows that were marked, a bit for each place of a row, and which words of these bits are not 0, a bit for each:
 *
 * <pre>
 *  marks    0001 0000 0100 …   four bits a bucket of four rows; they move with the rows
 *  words    1 0 0 1 0 …        so that a few marks in a large table are found without passing over all
 * </pre>
 *
 * Belongs to the table's owning thread.
 */
final class RowMarks {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final OffHeapTable table;
    private final int waysShift;
    private final MemorySegment marks;
    private final MemorySegment words;
    private long count;

    /** @param buckets most that the table can have */
    RowMarks(OffHeapTable table, int ways, long buckets) {
        this.table = table;
        waysShift = Integer.SIZE - Integer.numberOfLeadingZeros(ways - 1);
        long length = Math.ceilDiv(buckets << waysShift, Long.SIZE);
        marks = MappedMemory.reserve(length * Long.BYTES);
        words = MappedMemory.reserve(Math.ceilDiv(length, Long.SIZE) * Long.BYTES);
        // How much of them was written is not told, so the next one could not zero it.
        KeptMemory.never(marks);
        KeptMemory.never(words);
    }

    /** Of the marks for that many buckets. */
    long bytes(long buckets) {
        return Math.ceilDiv(buckets << waysShift, Byte.SIZE);
    }

    long count() {
        return count;
    }

    void mark(long row) {
        count += set(table.place(row, waysShift));
    }

    /** @param rows {@link ParameterTable#MISSING} ones are passed over */
    void mark(long[] rows, int from, int end) {
        long more = 0;
        for (int i = from; i < end; i++) {
            if (rows[i] != ParameterTable.MISSING) {
                more += set(table.place(rows[i], waysShift));
            }
        }
        count += more;
    }

    /** @return 1 where it was not marked */
    private long set(long place) {
        long word = place >>> 6;
        long before = marks.get(LONG, word << 3);
        marks.set(LONG, word << 3, before | 1L << place);
        long at = word >>> 6 << 3;
        words.set(LONG, at, words.get(LONG, at) | 1L << word);
        // Whether it is marked cannot be predicted: sums, not branches.
        return ~(before >>> place) & 1;
    }

    /** @return whether it was marked */
    boolean unmark(long bucket, int way) {
        long place = (bucket << waysShift) + way;
        long at = place >>> 6 << 3;
        long before = marks.get(LONG, at);
        long after = before & ~(1L << place);
        if (after == before) {
            return false;
        }
        marks.set(LONG, at, after);
        count--;
        return true;
    }

    /** Unmarks all. @param rows told each of them, in the order in which they lie */
    void drain(LongConsumer rows) {
        for (long w = 0; count > 0; w++) {
            long some = words.get(LONG, w << 3);
            if (some != 0) {
                words.set(LONG, w << 3, 0);
            }
            for (; some != 0; some &= some - 1) {
                drain((w << 6) + Long.numberOfTrailingZeros(some), rows);
            }
        }
    }

    private void drain(long word, LongConsumer rows) {
        long marked = marks.get(LONG, word << 3);
        marks.set(LONG, word << 3, 0);
        count -= Long.bitCount(marked);
        for (; marked != 0; marked &= marked - 1) {
            long place = (word << 6) + Long.numberOfTrailingZeros(marked);
            rows.accept(table.row(place >>> waysShift, (int) (place & ((1L << waysShift) - 1))));
        }
    }
}
