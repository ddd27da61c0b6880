package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.concurrent.locks.StampedLock;

/**
 * The serving table with its version: a request reads weights of exactly one version.
 *
 * <pre>
 *  field     read by            written by        guard
 *  table     scoring threads    applying thread   lock: optimistic read, then checked; shared lock on the second try
 *  version   anybody            applying thread   volatile, set inside the write lock
 * </pre>
 */
final class VersionedWeights {
    private final StampedLock lock = new StampedLock();
    private final LinearModel model;
    private ParameterTable table;
    private volatile ServedVersion version = ServedVersion.NONE;

    VersionedWeights(LinearModel model, long maxRows) {
        this.model = model;
        this.table = new OffHeapTable(RowLayout.SERVING, maxRows);
    }

    ServedVersion version() {
        return version;
    }

    /**
     * Probabilities of items whose features follow the shared ones in {@code vector}.
     *
     * @param ends end of each item's features; the first begins at {@code shared}
     * @return the sequence of the version that scored
     */
    long score(FeatureVector vector, int shared, int[] ends, float[] scores) {
        long stamp = lock.tryOptimisticRead();
        if (stamp != 0) {
            long sequence = scoreOnce(vector, shared, ends, scores);
            if (lock.validate(stamp)) {
                return sequence;
            }
        }
        stamp = lock.readLock();
        try {
            return scoreOnce(vector, shared, ends, scores);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private long scoreOnce(FeatureVector vector, int shared, int[] ends, float[] scores) {
        ParameterTable weights = table;
        long sequence = version.sequence();
        float base = model.logit(vector, 0, shared, 0f, key -> weight(weights, key));
        int from = shared;
        for (int item = 0; item < ends.length; item++) {
            float z = model.logit(vector, from, ends[item], base, key -> weight(weights, key));
            scores[item] = LinearModel.sigmoid(z);
            from = ends[item];
        }
        return sequence;
    }

    private static float weight(ParameterTable table, long key) {
        long row = table.find(key);
        return row == ParameterTable.MISSING ? 0f : table.getFloat(row, RowLayout.WEIGHT);
    }

    /** Applies in place. {@code next} is the version with this delta; its row count is filled in here. */
    void apply(Delta delta, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            for (int i = 0; i < delta.keys().length; i++) {
                put(table, delta.keys()[i], delta.weights()[i]);
            }
            version = next.withRows(table.size());
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Takes a table that was filled aside. */
    void replace(ParameterTable filled, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            table = filled;
            version = next.withRows(filled.size());
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    static void put(ParameterTable table, long key, float weight) {
        if (Delta.isTombstone(weight)) {
            table.remove(key);
            return;
        }
        long row = table.findOrInsert(key);
        if (row != ParameterTable.MISSING) {
            table.setFloat(row, RowLayout.WEIGHT, weight);
        }
    }
}
