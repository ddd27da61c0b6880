package dev.millrace.ps.serve;

import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongArrayList;

/**
 * The rows that memory holds, and which of them were used lately: a byte for each of equal ranges of hashes, about one a
 * row, set by whoever reads and cleared by the hand of a clock (Corbató 1968), which goes round in hash order and takes
 * rows whose byte it finds clear. The bytes are read and written without any order between threads: one that is lost
 * costs a row its place, never its value.
 */
final class HotRows {
    private static final int PLACE_BITS = 32;
    /** Ranges that the hand looks at in one go. */
    private static final int STEP = 1 << 10;

    private static final int MIN_RANGE_BITS = 10;
    private static final int MAX_RANGE_BITS = 28;

    private final OffHeapTable table;
    private final byte[] used;
    private final int shift;
    private int hand;

    /**
     * @param width floats of a row
     * @param most rows at any time
     */
    HotRows(int width, long maxHotRows, long most) {
        table = new OffHeapTable(RowLayout.SERVING.withVectors(width - 1, 0), most);
        int bits = MIN_RANGE_BITS;
        while (1L << bits < maxHotRows && bits < MAX_RANGE_BITS) {
            bits++;
        }
        used = new byte[1 << bits];
        shift = PLACE_BITS - bits;
    }

    ParameterTable table() {
        return table;
    }

    long size() {
        return table.size();
    }

    long bytes() {
        return table.bytes() + used.length;
    }

    /** For any thread. */
    void use(long key) {
        int range = (int) (KeyHash.place(key) >>> shift);
        if (used[range] == 0) {
            used[range] = 1;
        }
    }

    /**
     * The next rows that were not used since the hand came by last; clears what it passes.
     *
     * @param atMost so many
     * @param used also those that were
     */
    long[] victims(long atMost, boolean used) {
        LongArrayList victims = new LongArrayList();
        long from = (long) hand << shift;
        long to = (long) (hand + STEP) << shift;
        table.forEachRow(from, to, row -> {
            long key = table.key(row);
            if (victims.size() < atMost && (used || this.used[(int) (KeyHash.place(key) >>> shift)] == 0)) {
                victims.add(key);
            }
        });
        java.util.Arrays.fill(this.used, hand, hand + STEP, (byte) 0);
        hand = (hand + STEP) % this.used.length;
        return victims.toLongArray();
    }

    /** Steps that take the hand round once. */
    int round() {
        return used.length / STEP;
    }
}
