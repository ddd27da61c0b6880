package dev.millrace.ps.serve;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides about each delta and applies the right ones: memory first, then listeners, then, once a poll, the disk. What
 * a crash leaves unwritten is read from the log again. While the process lives, memory is what counts: a disk that
 * failed is brought up to it. Belongs to the following thread, which closes it.
 */
final class DeltaApplier implements DeltaSink {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaApplier.class);

    private final ModelSpec spec;
    private final long fingerprint;
    private final ServingKeys keys;
    private final VersionedWeights weights;
    private final RowStore store;
    private final ServingSnapshots snapshots;
    private final ShardSet wanted;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    /** Applied and not on disk yet: at most what one poll brought, since nothing is applied before it is written. */
    private final List<Delta> unwritten = new ArrayList<>();
    /** A shard's offset on the delta topic after its last delta in memory; −1: its beginning. Empty before loading. */
    private long[] next = {};
    /** A shard each; read by any thread. */
    private volatile List<ParityWatch> parity = List.of();
    /** Whether the rows on disk are whole: those in memory without {@link #unwritten}. */
    private boolean diskWhole = true;

    /** @param snapshots where the model's snapshots are */
    DeltaApplier(
            ModelSpec spec,
            VersionedWeights weights,
            RowStore store,
            SnapshotPlace snapshots,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this(spec, weights, store, snapshots, ShardSet.ALL, clock, listener);
    }

    /** @param wanted shards that there is a log of; the others stay empty */
    DeltaApplier(
            ModelSpec spec,
            VersionedWeights weights,
            RowStore store,
            SnapshotPlace snapshots,
            ShardSet wanted,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.keys = new ServingKeys(spec);
        this.weights = weights;
        this.store = store;
        this.snapshots = new ServingSnapshots(spec, snapshots);
        this.wanted = wanted;
        this.clock = clock;
        this.listener = listener;
    }

    /** Loads the rows on disk, or, after a failure in this process, brings them up to those in memory. */
    @Override
    public long[] resume(int shards) throws IOException {
        if (next.length == 0) {
            load(shards);
        } else if (next.length != shards) {
            throw new IllegalStateException("model " + spec.model() + " had " + next.length + " shards and has now "
                    + shards + ": start the replica again");
        } else if (diskWhole) {
            persist();
        } else {
            writeAll();
        }
        return next.clone();
    }

    private void load(int shards) throws IOException {
        RowStore.State state = store.state().orElse(null);
        if (state == null || state.specFingerprint() != fingerprint || state.nextDelta().length != shards) {
            LOG.info(
                    "model {}: no rows on disk of this spec and {} shards; beginning with snapshots, if there are any",
                    spec.model(),
                    shards);
            // A crash may have left rows without a state.
            store.clear();
            weights.replace(VersionedWeights.newTable(), ServedVersion.before(shards));
            next = new long[shards];
            Arrays.fill(next, -1);
        } else {
            OffHeapTable table = VersionedWeights.newTable();
            store.forEach((key, weight) -> VersionedWeights.put(table, key, weight));
            weights.replace(table, state.version());
            next = state.nextDelta().clone();
        }
        List<ParityWatch> watches = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            watches.add(new ParityWatch(spec, shard, shards, clock));
        }
        parity = List.copyOf(watches);
        for (int shard = 0; shard < shards; shard++) {
            if (wanted.contains(shard) && shardVersion(shard).sequence() == 0) {
                // The log's beginning may have expired: it is the last resort, not the first.
                mend(shard);
            }
        }
    }

    private ShardVersion shardVersion(int shard) {
        return weights.version().shards().get(shard);
    }

    @Override
    public Applied apply(Delta delta, long following) {
        Delta.Header header = delta.header();
        ServedVersion now = weights.version();
        Applied judged = DeltaOrder.judge(fingerprint, now, header);
        if (judged instanceof Applied.Advanced) {
            weights.apply(delta, now.after(header, clock.millis()));
            unwritten.add(delta);
            next[header.shard()] = following;
            listener.accept(weights.version());
            parity.get(header.shard()).applied(delta, weights.table(), shardVersion(header.shard()));
        }
        return judged;
    }

    /** Writes what was applied to disk, and mends rows that differ from training's when it is time to. */
    @Override
    public void persist() {
        if (!unwritten.isEmpty()) {
            store.write(unwritten, state());
            unwritten.clear();
        }
        for (int shard = 0; shard < next.length; shard++) {
            if (parity.get(shard).mendIsDue()) {
                mendDifference(shard);
            }
        }
    }

    /** The newest snapshot made since, and the deltas behind it: the version stays, the rows are training's. */
    private void mendDifference(int shard) {
        ParityWatch watch = parity.get(shard);
        try {
            ServingSnapshots.Serving snapshot = snapshots
                    .newerThan(shard, next.length, watch.differsSince() - 1)
                    .orElse(null);
            List<Delta> behind = snapshot == null
                    ? null
                    : watch.from(
                            snapshot.version().sequence(), shardVersion(shard).sequence());
            if (snapshot == null || behind == null) {
                LOG.info("model {}, shard {}: no snapshot mends its rows yet", spec.model(), shard);
                return;
            }
            OffHeapTable table = tableWith(shard, snapshot);
            behind.forEach(delta -> VersionedWeights.put(table, delta));
            replace(table, weights.version());
            watch.replaced(true);
            LOG.info(
                    "model {}, shard {}: rows mended from the snapshot at sequence {}",
                    spec.model(),
                    shard,
                    snapshot.version().sequence());
        } catch (IOException e) {
            // The rows that serve stay as they are until the next try.
            LOG.warn("model {}, shard {}: its snapshots cannot be read", spec.model(), shard, e);
        }
    }

    private void writeAll() {
        store.clear();
        store.writeAll(weights.table(), state());
        unwritten.clear();
        diskWhole = true;
    }

    private RowStore.State state() {
        return new RowStore.State(weights.version(), fingerprint, next.clone());
    }

    @Override
    public long mend(int shard) throws IOException {
        ShardVersion last = shardVersion(shard);
        ServingSnapshots.Serving newer =
                snapshots.newerThan(shard, next.length, last.sequence()).orElse(null);
        if (newer == null) {
            return -1;
        }
        OffHeapTable table = tableWith(shard, newer);
        diskWhole = false;
        next[shard] = newer.next();
        long now = clock.millis();
        parity.get(shard).replaced(false);
        replace(table, weights.version().with(shard, newer.version().ofEpoch(last.epoch()), now, now));
        LOG.info(
                "model {}, shard {}: mended from the snapshot at sequence {}",
                spec.model(),
                shard,
                newer.version().sequence());
        return next[shard];
    }

    /** The snapshot's rows in place of those of the shard; the other shards' stay. */
    private OffHeapTable tableWith(int shard, ServingSnapshots.Serving snapshot) {
        OffHeapTable table = VersionedWeights.newTable();
        table.reserve(snapshot.training().size());
        if (next.length > 1) {
            ParameterTable now = weights.table();
            now.forEachRow(row -> {
                if (keys.shardOf(now.key(row), next.length) != shard) {
                    VersionedWeights.put(table, now.key(row), now.getFloat(row, RowLayout.WEIGHT));
                }
            });
        }
        snapshot.forEachRow((key, weight) -> VersionedWeights.put(table, key, weight));
        return table;
    }

    private void replace(OffHeapTable table, ServedVersion version) {
        diskWhole = false;
        weights.replace(table, version);
        listener.accept(weights.version());
        writeAll();
    }

    /** What comparing with training has found, a shard each; for any thread. */
    List<ShardParity> parity() {
        return parity.stream().map(ParityWatch::report).toList();
    }

    @Override
    public void close() {
        store.close();
    }
}
