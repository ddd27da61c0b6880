package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/**
 * Rows by 64-bit key. A row is named by a number that holds until the next insertion or removal; a row that is to be
 * written is found by {@link #findOrInsert}, which tells a cut in progress, or named by {@link #willChange}. One thread writes; whoever reads beside it
 * must be able to discard what it read (see {@code VersionedWeights}).
 */
public interface ParameterTable {
    /** No such row, or no room for it. */
    long MISSING = -1;

    /** Most keys of one batched call. */
    int CHUNK = 256;

    RowLayout layout();

    long size();

    /** Bytes taken from the system, empty places included. */
    long bytes();

    /** O(1) expected. */
    long find(long key);

    /** The key's row, a new zeroed one if it had none; {@link #MISSING} when the table is at its bound. */
    long findOrInsert(long key);

    /**
     * {@link #find} for many keys at once, their cache misses overlapping.
     *
     * @param count at most {@link #CHUNK}
     * @param rows receives the rows of {@code keys[from .. from + count - 1]}
     */
    void findAll(long[] keys, int from, int count, long[] rows);

    /**
     * A float field of many rows, 0 where there is no row. Any number of keys.
     *
     * @param to receives one value a key
     */
    void getFloats(long[] keys, int count, int field, float[] to);

    /** The same for serving rows with their vectors: {@code to} receives {@code 1 + vectorFloats} floats a key. */
    default void getRows(long[] keys, int count, int field, float[] to) {
        int width = 1 + layout().vectorFloats();
        if (width == 1) {
            getFloats(keys, count, field, to);
            return;
        }
        long[] rows = new long[Math.min(count, CHUNK)];
        for (int from = 0; from < count; from += CHUNK) {
            int n = Math.min(CHUNK, count - from);
            findAll(keys, from, n, rows);
            for (int i = 0; i < n; i++) {
                int at = (from + i) * width;
                if (rows[i] == MISSING) {
                    java.util.Arrays.fill(to, at, at + width, 0f);
                } else {
                    getFloats(rows[i], field, to, at, width);
                }
            }
        }
    }

    /** {@link #findOrInsert} in the same way: all rows hold until the next insertion or removal. */
    void findOrInsertAll(long[] keys, int from, int count, long[] rows);

    /** Says that a row which was found by {@link #findAll} is to be written: a cut in progress hears of it. */
    void willChange(long row);

    /** Another number than before when rows may have moved, whose numbers then no longer hold. */
    long moves();

    /**
     * Marks rows, which stay marked where they move, until they are taken or removed.
     *
     * @param rows {@code rows[from .. from + count - 1]}; {@link #MISSING} ones are passed over
     */
    void mark(long[] rows, int from, int count);

    /** How many rows are marked. */
    long marked();

    /** Unmarks all. @param keys told the key of each that was marked */
    void takeMarked(LongConsumer keys);

    /**
     * Copies every row of a table of the same layout, none of whose keys has a row here.
     *
     * @return how many found no room: this table is at its bound
     */
    default long insertAll(ParameterTable from) {
        reserve(from.size());
        MemorySegment copy = MemorySegment.ofArray(new long[Math.ceilDiv(layout().stride(), Long.BYTES)]);
        long before = size();
        from.forEachRow(row -> {
            long to = findOrInsert(from.key(row));
            if (to != MISSING) {
                from.copyRow(row, copy, 0);
                setRow(to, copy, 0);
            }
        });
        return before + from.size() - size();
    }

    /** Grows at once for that many more rows, not little by little as they come. O(rows of the table). */
    void reserve(long rows);

    /** @return whether there was such a row */
    boolean remove(long key);

    /** Calls with every row, in no particular order; the table must not change meanwhile. */
    void forEachRow(LongConsumer row);

    /**
     * The same for the rows whose {@link KeyHash#place} is within a range: the same rows whatever the table's size and
     * history.
     *
     * @param from first place, 0..2³²
     * @param to one beyond the last
     */
    default void forEachRow(long from, long to, LongConsumer consumer) {
        forEachRow(row -> {
            long place = KeyHash.place(key(row));
            if (place >= from && place < to) {
                consumer.accept(row);
            }
        });
    }

    /**
     * Begins a consistent copy of the rows as they are now. One at a time.
     *
     * @param onlyChanged only rows that changed since the cut before began (and some that did not)
     */
    RowCut cut(boolean onlyChanged, RowCut.Sink sink);

    /** Copies all bytes of a row, key included, to {@code target} at {@code offset}. */
    void copyRow(long row, MemorySegment target, long offset);

    /** Overwrites a row's fields (not its key) from bytes made by {@link #copyRow}. */
    void setRow(long row, MemorySegment source, long offset);

    long key(long row);

    float getFloat(long row, int field);

    void setFloat(long row, int field, float value);

    /** {@code count} floats that follow one another from {@code field} on, to {@code to[at ..]}. */
    void getFloats(long row, int field, float[] to, int at, int count);

    void setFloats(long row, int field, float[] from, int at, int count);

    /**
     * Two floats that follow one another from {@code field} on, of many rows.
     *
     * @param rows {@code rows[from .. from + count - 1]}; 0 and 0 where {@link #MISSING}
     * @param places [count] where in {@code first} and {@code second} each one's are put
     */
    default void getPairs(long[] rows, int from, int count, int field, int[] places, float[] first, float[] second) {
        for (int i = 0; i < count; i++) {
            long row = rows[from + i];
            first[places[i]] = row == MISSING ? 0 : getFloat(row, field);
            second[places[i]] = row == MISSING ? 0 : getFloat(row, field + Float.BYTES);
        }
    }

    /** The other way round; {@link #MISSING} rows are passed over. */
    default void setPairs(long[] rows, int from, int count, int field, int[] places, float[] first, float[] second) {
        for (int i = 0; i < count; i++) {
            long row = rows[from + i];
            if (row != MISSING) {
                setFloat(row, field, first[places[i]]);
                setFloat(row, field + Float.BYTES, second[places[i]]);
            }
        }
    }

    int getInt(long row, int field);

    void setInt(long row, int field, int value);

    long getLong(long row, int field);

    void setLong(long row, int field, long value);
}
