package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.Snapshot;

/**
 * A bounded number of rows in memory, all of them on disk: what a request needs and memory does not hold is read from
 * disk at once, all keys together, and comes into memory a little later if there is room or something unused to go.
 *
 * <p><b>One version a request.</b> The disk is at the version that was persisted last. What was applied since is in
 * memory, tombstones as rows of NaN, and stays there until it is persisted; so a row that memory does not hold is on disk
 * as the version has it, until the next delta. A read whose stamp shows that a delta came between reads again under the
 * lock. While a snapshot replaces rows on disk, readers see a frozen view of it.
 *
 * <pre>
 *  field          read by            written by          guard
 *  hot, version   reading threads    applying thread     lock, as in {@link VersionedWeights}
 *  view           reading threads    applying thread     lock; closed under the write lock of open
 *  wanted         applying thread    reading threads     its own
 * </pre>
 */
final class TieredRows implements ServingRows, WeightReader {
    private static final int VICTIMS_A_LOCK = 1 << 10;
    private static final long COMPARE_EVERY_MS = 1_000;

    private final StampedLock lock = new StampedLock();
    private final ReadWriteLock open = new ReentrantReadWriteLock();
    private final RowStore store;
    private final int width;
    private final ServingKeys keys;
    private final long maxHotRows;
    private final Clock clock;
    private final WantedKeys wanted = new WantedKeys();
    private final List<Delta> unwritten = new ArrayList<>();
    private volatile HotRows hot;
    private volatile ServedVersion version = ServedVersion.NONE;
    /** Null before anything was loaded: then no row on disk is of this version. */
    private volatile @Nullable ReadOptions view;

    private @Nullable Snapshot frozen;
    private boolean diskWhole = true;
    private boolean closed;
    private final RowCounts counts = new RowCounts();
    private long rowsOnDisk;
    private long compareAtMs;

    /** @param maxHotRows rows in memory, or those of one delta where these are more */
    TieredRows(RowStore store, ServingKeys keys, long maxHotRows, Clock clock) {
        this.store = store;
        width = store.width();
        this.keys = keys;
        this.maxHotRows = maxHotRows;
        this.clock = clock;
        hot = newHot();
    }

    private HotRows newHot() {
        return new HotRows(width, maxHotRows, maxHotRows + DeltaCodec.MAX_ROWS);
    }

    @Override
    public ServedVersion version() {
        return version;
    }

    /** For the applying thread. */
    boolean isHot(long key) {
        return hot.table().find(key) != ParameterTable.MISSING;
    }

    // ---- reading, any thread ----

    @Override
    public ServedVersion read(long[] wantedKeys, int n, float[] weights) {
        MissingKeys missing = new MissingKeys(n);
        long stamp = lock.tryOptimisticRead();
        if (stamp != 0) {
            ServedVersion read = readMemory(wantedKeys, n, weights, missing);
            if (lock.validate(stamp)) {
                readDisk(missing, weights);
                if (missing.size() == 0 || lock.validate(stamp)) {
                    return read;
                }
            }
        }
        stamp = lock.readLock();
        try {
            ServedVersion read = readMemory(wantedKeys, n, weights, missing);
            readDisk(missing, weights);
            return read;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private ServedVersion readMemory(long[] wantedKeys, int n, float[] weights, MissingKeys missing) {
        HotRows rows = hot;
        ParameterTable table = rows.table();
        ServedVersion read = version;
        missing.clear();
        for (int i = 0; i < n; i++) {
            long row = table.find(wantedKeys[i]);
            if (row == ParameterTable.MISSING) {
                missing.add(wantedKeys[i], i);
            } else {
                table.getFloats(row, RowLayout.WEIGHT, weights, i * width, width);
                if (Delta.isTombstone(weights[i * width])) {
                    weights[i * width] = 0f;
                }
                rows.use(wantedKeys[i]);
            }
        }
        return read;
    }

    private void readDisk(MissingKeys missing, float[] weights) {
        if (missing.size() == 0) {
            return;
        }
        float[] read = new float[missing.size() * width];
        boolean[] found = new boolean[missing.size()];
        open.readLock().lock();
        try {
            if (closed) {
                throw new WeightsUnavailable("the replica is closed");
            }
            ReadOptions seen = view;
            if (seen != null) {
                store.read(missing.keys(), missing.size(), read, found, seen);
            }
        } finally {
            open.readLock().unlock();
        }
        for (int i = 0; i < missing.size(); i++) {
            System.arraycopy(read, i * width, weights, missing.at(i) * width, width);
            if (found[i]) {
                wanted.add(missing.key(i));
            }
        }
    }

    // ---- applying ----

    @Override
    public RowStore.@Nullable State stored() {
        return diskWhole ? store.state().orElse(null) : null;
    }

    @Override
    public void load(ServedVersion loaded) {
        rowsOnDisk = store.estimatedRows();
        replace(newHot(), loaded);
    }

    @Override
    public void clear(ServedVersion nothing) {
        freeze();
        diskWhole = false;
        store.clear();
        unwritten.clear();
        rowsOnDisk = 0;
        replace(newHot(), nothing);
        diskWhole = true;
    }

    @Override
    public boolean isFull(int moreRows) {
        return hot.size() + moreRows > maxHotRows;
    }

    @Override
    public void apply(Delta delta, ServedVersion next) {
        evictTo(unwritten.isEmpty() ? maxHotRows - delta.keys().length : Long.MAX_VALUE);
        unwritten.add(delta);
        ParameterTable table = hot.table();
        long stamp = lock.writeLock();
        try {
            for (int i = 0; i < delta.keys().length; i++) {
                long row = table.findOrInsert(delta.keys()[i]);
                table.setFloats(row, RowLayout.WEIGHT, delta.weights(), delta.at(i), width);
            }
            version = next.withRows(rowsOnDisk);
        } finally {
            lock.unlockWrite(stamp);
        }
        counts.applied(delta);
    }

    @Override
    public void persist(RowStore.State state) {
        if (!unwritten.isEmpty()) {
            store.write(unwritten, state);
            dropTombstones();
            unwritten.clear();
            rowsOnDisk = store.estimatedRows();
            evictTo(maxHotRows);
        }
        promote();
    }

    private void dropTombstones() {
        LongOpenHashSet gone = new LongOpenHashSet();
        ParameterTable table = hot.table();
        for (Delta delta : unwritten) {
            for (int i = 0; i < delta.keys().length; i++) {
                if (delta.isTombstone(i)) {
                    gone.add(delta.keys()[i]);
                }
            }
        }
        gone.removeIf(key -> !Delta.isTombstone(table.getFloat(table.find(key), RowLayout.WEIGHT)));
        var unused = remove(gone.toLongArray());
    }

    /** Only while everything in memory is on disk too. */
    private void evictTo(long most) {
        HotRows rows = hot;
        for (int step = 0; rows.size() > Math.max(0, most); step++) {
            // Two rounds find everything that nobody uses meanwhile.
            counts.evicted(remove(rows.victims(rows.size() - Math.max(0, most), step >= 2 * rows.round())));
        }
    }

    /** @return how many they are */
    private int remove(long[] victims) {
        ParameterTable table = hot.table();
        for (int from = 0; from < victims.length; from += VICTIMS_A_LOCK) {
            long stamp = lock.writeLock();
            try {
                for (int i = from; i < Math.min(victims.length, from + VICTIMS_A_LOCK); i++) {
                    table.remove(victims[i]);
                }
            } finally {
                lock.unlockWrite(stamp);
            }
        }
        return victims.length;
    }

    /** Takes rows into memory that were read from disk: as the disk has them now, which is as they serve. */
    private void promote() {
        ReadOptions now = view;
        if (now == null) {
            return;
        }
        ParameterTable table = hot.table();
        long[] coming = wanted.take(maxHotRows / 2, key -> table.find(key) == ParameterTable.MISSING);
        if (coming.length == 0) {
            return;
        }
        float[] weights = new float[coming.length * width];
        boolean[] found = new boolean[coming.length];
        store.read(coming, coming.length, weights, found, now);
        evictTo(maxHotRows - coming.length);
        long stamp = lock.writeLock();
        try {
            for (int i = 0; i < coming.length; i++) {
                if (found[i]) {
                    table.setFloats(table.findOrInsert(coming[i]), RowLayout.WEIGHT, weights, i * width, width);
                    hot.use(coming[i]);
                }
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    // ---- replacing ----

    @Override
    public void replaceShard(
            int shard, ServingSnapshots.Serving snapshot, List<Delta> behind, RowStore.State state, Runnable served) {
        int shards = state.nextDelta().length;
        freeze();
        diskWhole = false;
        store.dropState();
        if (shards == 1) {
            store.clear();
        }
        try (RowStore.Writer writer = store.new Writer()) {
            store.forEach((key, row) -> {
                if (keys.shardOf(key, shards) == shard) {
                    writer.delete(key);
                }
            });
            // What other shards applied and did not write yet goes along: the state says so.
            unwritten.stream().filter(delta -> delta.header().shard() != shard).forEach(delta -> put(writer, delta));
            snapshot.forEachRow((key, row) -> writer.put(key, row, 0));
            behind.forEach(delta -> put(writer, delta));
            writer.finish(state);
        }
        diskWhole = true;
        unwritten.clear();
        rowsOnDisk = store.estimatedRows();
        replace(newHot(), state.version());
        served.run();
    }

    private static void put(RowStore.Writer writer, Delta delta) {
        for (int i = 0; i < delta.keys().length; i++) {
            writer.put(delta.keys()[i], delta.weights(), delta.at(i));
        }
    }

    private void freeze() {
        ReadOptions before = view;
        if (frozen == null && before != null) {
            Snapshot taken = store.freeze();
            frozen = taken;
            view = new ReadOptions().setSnapshot(taken);
            whenUnread(before::close);
        }
    }

    /** Another memory with another version, over the disk as it is now. */
    private void replace(HotRows rows, ServedVersion next) {
        ReadOptions before = view;
        long stamp = lock.writeLock();
        try {
            hot = rows;
            version = next.withRows(rowsOnDisk);
            view = new ReadOptions();
        } finally {
            lock.unlockWrite(stamp);
        }
        if (before != null) {
            whenUnread(before::close);
        }
        if (frozen != null) {
            store.release(frozen);
            frozen = null;
        }
    }

    /** Waits for the reads of the disk that have begun. */
    private void whenUnread(Runnable action) {
        open.writeLock().lock();
        try {
            action.run();
        } finally {
            open.writeLock().unlock();
        }
    }

    @Override
    public boolean restore(RowStore.State state) {
        if (diskWhole) {
            persist(state);
        }
        return diskWhole;
    }

    // ---- comparing ----

    /** A range of the disk is read for it, so not with each delta: about once a second. */
    @Override
    public ParityDigest.@Nullable ServingSource comparable() {
        long nowMs = clock.millis();
        if (nowMs < compareAtMs) {
            return null;
        }
        // Not in step with the deltas, or some ranges would never have their turn.
        compareAtMs = nowMs + COMPARE_EVERY_MS + version.sequence() * 7919 % COMPARE_EVERY_MS;
        return new MergedRows(hot.table(), store, this);
    }

    @Override
    public StoreStats stats() {
        return counts.stats(hot.bytes(), hot.size());
    }

    @Override
    public void close() {
        whenUnread(() -> {
            closed = true;
            if (view != null) {
                view.close();
            }
            if (frozen != null) {
                store.release(frozen);
            }
            store.close();
        });
    }
}
