package dev.millrace.ps.serve;

import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;

/**
 * The last rows that were replaced, in a ring: row, key, and the version that replaced it. What a row was at an earlier
 * version is what the first replacement after that found. Bounded; guarded by whoever owns the rows.
 */
final class RowHistory {
    private final int width;
    private final long[] keys;
    private final long[] sequences;
    private final float[] rows;
    private long written;
    private long since;

    /** @param width floats of a row */
    RowHistory(int bytes, int width) {
        this.width = width;
        int capacity = Math.max(1, bytes / (2 * Long.BYTES + width * Float.BYTES));
        keys = new long[capacity];
        sequences = new long[capacity];
        rows = new float[capacity * width];
    }

    /** Forgets everything: rows were replaced by others than deltas. */
    void begin(long sequence) {
        written = 0;
        since = sequence;
    }

    /**
     * @param sequence of the version that replaces the row
     * @param from the row as it was, zeros where there was none, begins there at {@code at}
     */
    void replaced(long key, long sequence, float[] from, int at) {
        int place = (int) (written++ % keys.length);
        if (written > keys.length) {
            since = sequences[place];
        }
        keys[place] = key;
        sequences[place] = sequence;
        System.arraycopy(from, at, rows, place * width, width);
    }

    /** The earliest version whose rows are known. */
    long since() {
        return since;
    }

    /**
     * Makes rows of now rows of then. O(rows replaced since).
     *
     * @param sequence not before {@link #since}
     */
    void rewind(long sequence, long[] wanted, int n, float[] to) {
        Long2IntOpenHashMap places = new Long2IntOpenHashMap(n);
        for (int i = 0; i < n; i++) {
            places.put(wanted[i], i + 1);
        }
        long oldest = Math.max(0, written - keys.length);
        for (long at = written - 1; at >= oldest; at--) {
            int place = (int) (at % keys.length);
            if (sequences[place] <= sequence) {
                return;
            }
            int found = places.get(keys[place]);
            if (found > 0) {
                System.arraycopy(rows, place * width, to, (found - 1) * width, width);
            }
        }
    }
}
