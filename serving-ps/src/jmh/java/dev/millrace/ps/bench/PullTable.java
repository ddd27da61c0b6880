package dev.millrace.ps.bench;

import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowLayout;
import java.util.SplittableRandom;

/** The rows that are pulled, and what one pull does with them, whatever carried it. Read by many threads. */
final class PullTable {
    /** Keys of one pull. */
    static final int KEYS = 1_000;

    private static final int DISTINCT = 1 << 14;

    private final boolean empty;
    private final OffHeapTable table;

    /** @param rows 0: weights are computed from their keys */
    PullTable(int rows) {
        empty = rows == 0;
        table = new OffHeapTable(RowLayout.SERVING, Math.max(1, rows));
        for (int i = 0; i < rows; i++) {
            table.setFloat(table.findOrInsert(key(i)), RowLayout.WEIGHT, weight(key(i)));
        }
    }

    static long key(int i) {
        return KeyHash.mix(i + 1L);
    }

    static float weight(long key) {
        return (key >>> 40) * 0x1p-24f;
    }

    /** Keys of rows that are there, in random order. */
    static long[] keys(int rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] keys = new long[KEYS];
        for (int i = 0; i < KEYS; i++) {
            keys[i] = key(random.nextInt(rows == 0 ? DISTINCT : rows));
        }
        return keys;
    }

    void look(long[] keys, int n, float[] weights) {
        if (empty) {
            for (int i = 0; i < n; i++) {
                weights[i] = weight(keys[i]);
            }
            return;
        }
        table.getFloats(keys, n, RowLayout.WEIGHT, weights);
    }
}
