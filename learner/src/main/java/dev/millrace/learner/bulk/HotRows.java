package dev.millrace.learner.bulk;

import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlWeight;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/**
 * The rows of bias and numbers, which nearly every sample of a minibatch has: found once, weighed once and updated once a
 * minibatch, with Σg and Σg² of its samples, which is their steps one by one with the weight that they began with
 * ({@link FtrlBatch}). One thread.
 */
final class HotRows {
    private static final int MOST = 1 << 16;

    private final ParameterTable table;
    private long[] keys = new long[16];
    private long[] rows = new long[16];
    private float[] weights = new float[16];
    private float[] sums = new float[16];
    private float[] squares = new float[16];
    private int[] counts = new int[16];
    private long[] idSums = new long[16];
    private int size;

    HotRows(ParameterTable table) {
        this.table = table;
    }

    /** A new one if it is not known yet. O(known): asked where a pattern changes. */
    int indexOf(long key) {
        for (int i = 0; i < size; i++) {
            if (keys[i] == key) {
                return i;
            }
        }
        if (size == keys.length) {
            if (size == MOST) {
                throw new IllegalStateException("more than " + MOST + " numbers");
            }
            keys = Arrays.copyOf(keys, 2 * size);
            rows = Arrays.copyOf(rows, 2 * size);
            weights = Arrays.copyOf(weights, 2 * size);
            sums = Arrays.copyOf(sums, 2 * size);
            squares = Arrays.copyOf(squares, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
            idSums = Arrays.copyOf(idSums, 2 * size);
        }
        keys[size] = key;
        return size++;
    }

    int size() {
        return size;
    }

    /** Finds all rows, where they are now. */
    void find() {
        for (int i = 0; i < size; i++) {
            rows[i] = table.findOrInsert(keys[i]);
        }
    }

    /** Weighs all, and begins their sums. */
    void begin(FtrlWeight weight) {
        for (int i = 0; i < size; i++) {
            long row = rows[i];
            weights[i] = row == ParameterTable.MISSING
                    ? 0f
                    : weight.of(table.getFloat(row, RowLayout.Z), table.getFloat(row, RowLayout.N));
            sums[i] = 0;
            squares[i] = 0;
            counts[i] = 0;
            idSums[i] = 0;
        }
    }

    float weight(int i) {
        return weights[i];
    }

    void add(int i, float g, long sampleId) {
        sums[i] += g;
        squares[i] += g * g;
        counts[i]++;
        idSums[i] += sampleId;
    }

    /** One step each. @param note told of each row that was changed */
    void update(FtrlBatch ftrl, Note note) {
        for (int i = 0; i < size; i++) {
            if (counts[i] > 0 && rows[i] != ParameterTable.MISSING && ftrl.step(rows[i], sums[i], squares[i])) {
                note.learned(rows[i], counts[i], idSums[i]);
            }
        }
    }

    /** Told what changed a row. */
    @FunctionalInterface
    interface Note {
        void learned(long row, int samples, long idSum);
    }
}
