package dev.millrace.ps.serve;

import java.util.Arrays;

/** Some serving rows, one after the other; tombstones too. Grows as it must. Belongs to one thread. */
final class RowBuffer {
    private final int width;
    private long[] keys;
    private float[] rows;
    private int size;

    /** @param first rows that there is room for at first */
    RowBuffer(int width, int first) {
        this.width = width;
        keys = new long[first];
        rows = new float[first * width];
    }

    void add(long key, float[] row) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            rows = Arrays.copyOf(rows, 2 * size * width);
        }
        keys[size] = key;
        System.arraycopy(row, 0, rows, size * width, width);
        size++;
    }

    int size() {
        return size;
    }

    void clear() {
        size = 0;
    }

    long key(int i) {
        return keys[i];
    }

    float[] rows() {
        return rows;
    }

    /** Where a row begins in {@link #rows}. */
    int at(int i) {
        return i * width;
    }
}
