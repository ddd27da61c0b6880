package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;

/**
 * The serving table with its version: a request reads weights of exactly one version.
 *
 * <pre>
 *  field     read by            written by        guard
 *  table     scoring threads    applying thread   lock: optimistic read, then checked; shared lock on the second try;
 *                                                 volatile, so that a read that will be refused sees a whole table too
 *  version   anybody            applying thread   volatile, set inside the write lock
 * </pre>
 *
 * The write lock is held while rows are written; the table grows in place, a little with each new row.
 */
final class VersionedWeights {
    private final StampedLock lock = new StampedLock();
    private final LinearModel model;
    private volatile OffHeapTable table;
    private volatile ServedVersion version = ServedVersion.NONE;

    VersionedWeights(LinearModel model) {
        this(model, RowLayout.SERVING);
    }

    VersionedWeights(LinearModel model, RowLayout layout) {
        this(model, new OffHeapTable(layout, Long.MAX_VALUE));
    }

    VersionedWeights(LinearModel model, OffHeapTable table) {
        this.model = model;
        this.table = table;
    }

    /**
     * Without a bound of its own: the learner holds the bound ({@code policies.maxRows} training rows, of which each
     * standardized number's makes one more here) and sends a tombstone for what it removes. A second bound here could
     * only drop rows silently, and so serve other weights than were learned.
     */
    OffHeapTable emptyTable() {
        return new OffHeapTable(table.layout(), Long.MAX_VALUE);
    }

    /** For the applying thread. */
    ParameterTable table() {
        return table;
    }

    ServedVersion version() {
        return version;
    }

    /** @return the sequence of the version that scored */
    long score(RequestVector request, float[] scores) {
        return read(() -> {
            ParameterTable weights = table;
            long sequence = version.sequence();
            request.score(model, key -> weight(weights, key), scores);
            return sequence;
        });
    }

    ServedVersion read(long[] keys, int n, float[] to) {
        return read(() -> {
            ParameterTable weights = table;
            ServedVersion read = version;
            weights.getRows(keys, n, RowLayout.WEIGHT, to);
            return read;
        });
    }

    /** What {@code once} gives when nothing was applied meanwhile; it may run twice. */
    private <T> T read(Supplier<T> once) {
        long stamp = lock.tryOptimisticRead();
        if (stamp != 0) {
            T read = once.get();
            if (lock.validate(stamp)) {
                return read;
            }
        }
        stamp = lock.readLock();
        try {
            return once.get();
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private static float weight(ParameterTable table, long key) {
        long row = table.find(key);
        return row == ParameterTable.MISSING ? 0f : table.getFloat(row, RowLayout.WEIGHT);
    }

    /** Applies one delta. {@code next} is the version with it; its row count is filled in here. */
    void apply(Delta delta, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            put(table, delta);
            version = next.withRows(table.size());
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Takes a table that was filled aside. */
    void replace(OffHeapTable filled, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            table = filled;
            version = next.withRows(filled.size());
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    static void put(ParameterTable table, Delta delta) {
        for (int i = 0; i < delta.keys().length; i++) {
            put(table, delta.keys()[i], delta.weights(), delta.at(i));
        }
    }

    /** @param table without a bound, see {@link #emptyTable} */
    static void put(ParameterTable table, long key, float[] rows, int at) {
        if (Delta.isTombstone(rows[at])) {
            table.remove(key);
            return;
        }
        long row = table.findOrInsert(key);
        table.setFloat(row, RowLayout.WEIGHT, rows[at]);
        int vector = table.layout().vectorFloats();
        if (vector > 0) {
            table.setFloats(row, table.layout().vector(), rows, at + 1, vector);
        }
    }
}
