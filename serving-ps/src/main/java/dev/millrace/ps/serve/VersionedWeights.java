package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
    private static final float[] NONE = new float[0];
    /** Rows whose moving readers need not notice. */
    private static final long FEW = 1 << 16;

    private final StampedLock lock = new StampedLock();
    private final LinearModel model;
    private final long[] normKeys;
    private volatile OffHeapTable table;
    private volatile ServedVersion version = ServedVersion.NONE;
    private final @Nullable RowHistory history;
    private final RowCounts counts = new RowCounts();

    VersionedWeights(LinearModel model) {
        this(model, RowLayout.SERVING);
    }

    VersionedWeights(LinearModel model, RowLayout layout) {
        this(model, new OffHeapTable(layout, Long.MAX_VALUE));
    }

    VersionedWeights(LinearModel model, OffHeapTable table) {
        this(model, table, null);
    }

    /** @param history of rows as wide as the table's; null: what is replaced is forgotten */
    VersionedWeights(LinearModel model, OffHeapTable table, @Nullable RowHistory history) {
        this.model = model;
        this.table = table;
        this.history = history;
        normKeys = model.normKeys();
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
        float[] read = request.weights();
        float[] norms = normKeys.length == 0 ? NONE : new float[normKeys.length];
        long stamp = lock.tryOptimisticRead();
        long sequence = stamp == 0 ? 0 : gather(request, read, norms);
        if (!lock.validate(stamp)) {
            stamp = lock.readLock();
            try {
                sequence = gather(request, read, norms);
            } finally {
                lock.unlockRead(stamp);
            }
        }
        request.score(model, read, norms, scores);
        return sequence;
    }

    private long gather(RequestVector request, float[] read, float[] norms) {
        ParameterTable weights = table;
        long sequence = version.sequence();
        weights.getFloats(request.vector().ids(), request.vector().size(), RowLayout.WEIGHT, read);
        weights.getFloats(normKeys, normKeys.length, RowLayout.WEIGHT, norms);
        return sequence;
    }

    ServedVersion read(long[] keys, int n, float[] to) {
        return read(() -> {
            ParameterTable weights = table;
            ServedVersion read = version;
            weights.getRows(keys, n, RowLayout.WEIGHT, to);
            return read;
        });
    }

    /**
     * Rows as they were at an earlier version.
     *
     * @return the earliest version that is known, if the one wanted is before it; else the one wanted
     */
    long readAt(long sequence, long[] keys, int n, float[] to) {
        if (history == null) {
            return Long.MAX_VALUE;
        }
        // Not optimistic: the ring must stand still.
        long stamp = lock.readLock();
        try {
            if (sequence < history.since()) {
                return history.since();
            }
            table.getRows(keys, n, RowLayout.WEIGHT, to);
            history.rewind(sequence, keys, n, to);
            return sequence;
        } finally {
            lock.unlockRead(stamp);
        }
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

    /** Applies one delta. {@code next} is the version with it; its row count is filled in here. */
    void apply(Delta delta, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            remember(delta, next.sequence());
            put(table, delta);
            version = next.withRows(table.size());
        } finally {
            lock.unlockWrite(stamp);
        }
        counts.applied(delta);
    }

    /** For any thread. */
    StoreStats stats() {
        return counts.stats(table.bytes(), version.rows());
    }

    private void remember(Delta delta, long sequence) {
        if (history == null) {
            return;
        }
        int width = 1 + table.layout().vectorFloats();
        float[] before = new float[delta.keys().length * width];
        table.getRows(delta.keys(), delta.keys().length, RowLayout.WEIGHT, before);
        for (int i = 0; i < delta.keys().length; i++) {
            history.replaced(delta.keys()[i], sequence, before, i * width);
        }
    }

    /** Takes a table that was filled aside. */
    void replace(OffHeapTable filled, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            table = filled;
            if (history != null) {
                history.begin(next.sequence());
            }
            version = next.withRows(filled.size());
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /**
     * Before rows are changed that no version is made of: earlier ones are not known any more.
     *
     * @param rows that there will be; room for them is made at once while there are few
     */
    void willReplace(long rows) {
        long stamp = lock.writeLock();
        try {
            if (history != null) {
                history.begin(version.sequence());
            }
            if (table.size() < FEW && rows > 2 * table.size()) {
                table.reserve(rows - table.size());
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Rows on the way to another version. */
    void put(RowBuffer rows) {
        if (rows.size() > 0) {
            put(rows, version);
        }
    }

    /** The last rows of a version, with it. */
    void put(RowBuffer rows, ServedVersion next) {
        long stamp = lock.writeLock();
        try {
            for (int i = 0; i < rows.size(); i++) {
                put(table, rows.key(i), rows.rows(), rows.at(i));
            }
            if (history != null && next.sequence() != version.sequence()) {
                history.begin(next.sequence());
            }
            version = next.withRows(table.size());
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
