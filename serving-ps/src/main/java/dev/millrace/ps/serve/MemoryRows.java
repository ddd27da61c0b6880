package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All rows in memory, and on disk for the next start. While the process lives, memory is what counts: a disk that failed
 * is brought up to it.
 */
final class MemoryRows implements ServingRows {
    /** Of one write. */
    private static final int MOST_UNWRITTEN_BYTES = 10 << 20;

    private final VersionedWeights weights;
    private final RowStore store;
    private final ServingKeys keys;
    /** Keys of rows that are on disk as they were: many deltas change the same few, which are written once. */
    private final LongOpenHashSet unwritten = new LongOpenHashSet();
    /** Whether the rows on disk are whole: those of one version, of which {@link #unwritten} have changed since. */
    private boolean diskWhole = true;
    /** Whether the rows in memory are of two versions, since replacing them did not come to its end. */
    private boolean mixed;

    private final Duration apart;
    private final Clock clock;
    private long persistedMs;

    /** @param apart how long the disk may stay behind: what a crash leaves unwritten is read from the log again */
    MemoryRows(VersionedWeights weights, RowStore store, ServingKeys keys, Duration apart, Clock clock) {
        this.weights = weights;
        this.store = store;
        this.keys = keys;
        this.apart = apart;
        this.clock = clock;
        persistedMs = clock.millis();
    }

    @Override
    public ServedVersion version() {
        return weights.version();
    }

    @Override
    public RowStore.@Nullable State stored() {
        return store.state().orElse(null);
    }

    @Override
    public void load(ServedVersion version) {
        OffHeapTable table = weights.emptyTable();
        // They come in the order of their places: a table that grew with them would have all of them at its front.
        table.reserve(version.rows());
        store.forEach((key, row) -> VersionedWeights.put(table, key, row, 0));
        begin(table, version);
    }

    @Override
    public void clear(ServedVersion nothing) {
        store.clear();
        begin(weights.emptyTable(), nothing);
    }

    private void begin(OffHeapTable table, ServedVersion version) {
        weights.replace(table, version);
        unwritten.clear();
        diskWhole = true;
        mixed = false;
    }

    @Override
    public boolean isFull(int moreRows) {
        long bytes = (unwritten.size() + (long) moreRows) * (Long.BYTES + (long) store.width() * Float.BYTES);
        return bytes > MOST_UNWRITTEN_BYTES && !unwritten.isEmpty();
    }

    @Override
    public void apply(Delta delta, ServedVersion next) {
        weights.apply(delta, next);
        for (long key : delta.keys()) {
            unwritten.add(key);
        }
    }

    @Override
    public void persistInTime(RowStore.State state) {
        long behindMs = clock.millis() - persistedMs;
        // A clock that was put back does not hold anything up.
        if (behindMs >= apart.toMillis() || behindMs < 0) {
            persist(state);
        }
    }

    @Override
    public void persist(RowStore.State state) {
        persistedMs = clock.millis();
        if (!unwritten.isEmpty()) {
            store.write(unwritten, weights.table(), state);
            unwritten.clear();
        }
    }

    @Override
    public void replaceShard(
            int shard, ServingSnapshots.Serving snapshot, List<Delta> behind, RowStore.State state, Runnable served) {
        int shards = state.nextDelta().length;
        long most = shards == 1
                ? snapshot.size()
                : Math.max(snapshot.size(), weights.version().rows());
        if (keys.areOfNetwork()) {
            diskWhole = false;
            weights.replace(filledAside(shard, shards, snapshot, behind, most), state.version());
        } else {
            putInPlace(shard, shards, snapshot, behind, most, state);
        }
        served.run();
        writeAll(state);
    }

    /** Embeddings after with layers before would score nonsense: the whole at once, in another table. */
    private OffHeapTable filledAside(
            int shard, int shards, ServingSnapshots.Serving snapshot, List<Delta> behind, long most) {
        OffHeapTable table = weights.emptyTable();
        // As above, also of the other shards' rows.
        table.reserve(most);
        if (shards > 1) {
            ParameterTable now = weights.table();
            float[] scratch = new float[1 + now.layout().vectorFloats()];
            now.forEachRow(row -> {
                if (keys.shardOf(now.key(row), shards) != shard) {
                    now.getFloats(row, RowLayout.WEIGHT, scratch, 0, scratch.length);
                    VersionedWeights.put(table, now.key(row), scratch, 0);
                }
            });
        }
        snapshot.forEachRow((key, row) -> VersionedWeights.put(table, key, row, 0));
        behind.forEach(delta -> VersionedWeights.put(table, delta));
        return table;
    }

    private void putInPlace(
            int shard,
            int shards,
            ServingSnapshots.Serving snapshot,
            List<Delta> behind,
            long most,
            RowStore.State state) {
        InPlace rows = new InPlace(weights, keys, shard, shards, most);
        mixed = true;
        weights.willReplace(most);
        snapshot.forEachPart(part -> {
            behind.forEach(part::put);
            rows.take(part);
        });
        diskWhole = false;
        rows.finish(state.version());
        mixed = false;
    }

    @Override
    public boolean isMixed() {
        return mixed;
    }

    private void writeAll(RowStore.State state) {
        store.clear();
        store.writeAll(weights.table(), state);
        unwritten.clear();
        diskWhole = true;
    }

    @Override
    public boolean restore(RowStore.State state) {
        if (mixed) {
            // What is on disk is a version; what is in memory is none.
            return false;
        }
        if (diskWhole) {
            persist(state);
        } else {
            writeAll(state);
        }
        return true;
    }

    @Override
    public ParityDigest.ServingSource comparable() {
        return ParityDigest.source(weights.table());
    }

    @Override
    public StoreStats stats() {
        return weights.stats();
    }

    @Override
    public void close() {
        store.close();
    }
}
