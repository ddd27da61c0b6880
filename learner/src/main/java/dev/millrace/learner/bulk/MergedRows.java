package dev.millrace.learner.bulk;

import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/**
 * Rows that are kept beside the table while it is learned, since many samples of a minibatch have them: weighed and updated
 * once a minibatch, with Σg and Σg² of its samples, which is their steps one by one with the weight that they began with
 * ({@link FtrlBatch}), many rows at once. At the end they are written back. One thread.
 *
 * <pre>
 *  index       0 … rows−1 : rows kept here         rows … : free for features that have their row in the table
 *  weights     of the minibatch's beginning        theirs
 *  sums        Σg                                  g
 *  squares     Σg²                                 g²
 * </pre>
 */
final class MergedRows {
    private final boolean noting;
    private long[] keys;
    private float[] z;
    private float[] n;
    private int[] seconds;
    private long[] updates;
    private int rows;
    float[] weights;
    float[] sums;
    float[] squares;
    /** Samples and sum of their ids, of this minibatch; only where they are noted. */
    int[] counts;

    long[] idSums;

    /** @param noting whether the table's rows keep how often and when they were updated */
    MergedRows(int rows, boolean noting) {
        this.rows = rows;
        this.noting = noting;
        keys = new long[rows];
        z = new float[rows];
        n = new float[rows];
        updates = new long[noting ? 2 * rows : 0];
        seconds = new int[noting ? rows : 0];
        weights = new float[rows];
        sums = new float[rows];
        squares = new float[rows];
        counts = new int[noting ? rows : 0];
        idSums = new long[noting ? rows : 0];
    }

    int rows() {
        return rows;
    }

    /** By index; 0: none. */
    long[] keys() {
        return keys;
    }

    /** Room for so many features beside the rows. */
    void room(int features) {
        int wanted = rows + features;
        if (weights.length < wanted) {
            weights = Arrays.copyOf(weights, 2 * wanted);
            sums = Arrays.copyOf(sums, 2 * wanted);
            squares = Arrays.copyOf(squares, 2 * wanted);
            counts = Arrays.copyOf(counts, noting ? 2 * wanted : 0);
            idSums = Arrays.copyOf(idSums, noting ? 2 * wanted : 0);
        }
    }

    /** A row more, whose key has one in the table. @return its index */
    int append(long key) {
        int at = rows++;
        if (at == keys.length) {
            int wanted = Math.max(16, 2 * at);
            keys = Arrays.copyOf(keys, wanted);
            z = Arrays.copyOf(z, wanted);
            n = Arrays.copyOf(n, wanted);
            updates = Arrays.copyOf(updates, noting ? 2 * wanted : 0);
            seconds = Arrays.copyOf(seconds, noting ? wanted : 0);
        }
        room(1);
        keys[at] = key;
        return at;
    }

    /** From here on the key's row is the one here, at a free index. */
    void take(int at, long key, ParameterTable table, long row, float weight) {
        keys[at] = key;
        z[at] = table.getFloat(row, RowLayout.Z);
        n[at] = table.getFloat(row, RowLayout.N);
        weights[at] = weight;
    }

    /** From here on the row is the table's again, if there is one at that index. Its weight stays until another's is taken. */
    void giveBack(int at, ParameterTable table, Note note) {
        if (keys[at] == 0) {
            return;
        }
        long row = table.find(keys[at]);
        table.setFloat(row, RowLayout.Z, z[at]);
        table.setFloat(row, RowLayout.N, n[at]);
        if (noting) {
            note.learned(row, (int) updates[2 * at], updates[2 * at + 1], seconds[at]);
            updates[2 * at] = 0;
            updates[2 * at + 1] = 0;
            seconds[at] = 0;
        }
        keys[at] = 0;
    }

    /** A sample's gradient of a row, or of a feature beside them. */
    void add(int at, float g) {
        sums[at] += g;
        squares[at] += g * g;
    }

    /** Likewise the sample itself, where rows note it. */
    void note(int at, long sampleId) {
        counts[at]++;
        idSums[at] += sampleId;
    }

    /**
     * Updates all rows, and weighs them anew.
     *
     * @param second the minibatch's latest
     */
    void update(FtrlBatch ftrl, int second) {
        ftrl.merged(z, n, sums, squares, weights, rows);
        for (int i = 0; noting && i < rows; i++) {
            if (counts[i] > 0) {
                updates[2 * i] += counts[i];
                updates[2 * i + 1] += idSums[i];
                seconds[i] = Integer.compareUnsigned(seconds[i], second) < 0 ? second : seconds[i];
                counts[i] = 0;
                idSums[i] = 0;
            }
        }
    }

    /** Gives all rows back to the table. At the end. */
    void writeBack(ParameterTable table, Note note) {
        for (int i = 0; i < rows; i++) {
            giveBack(i, table, note);
        }
    }

    /** Told what changed a row of the table. */
    @FunctionalInterface
    interface Note {
        void learned(long row, int samples, long idSum, int second);
    }
}
