package dev.millrace.ps.serve;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.snapshot.ShardFolders;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
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
    private final Path snapshots;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    /** Applied and not on disk yet: at most what one poll brought, since nothing is applied before it is written. */
    private final List<Delta> unwritten = new ArrayList<>();
    /** A shard's offset on the delta topic after its last delta in memory; −1: its beginning. Empty before loading. */
    private long[] next = {};
    /** Whether the rows on disk are whole: those in memory without {@link #unwritten}. */
    private boolean diskWhole = true;

    /** @param snapshots folder of the model's snapshots */
    DeltaApplier(
            ModelSpec spec,
            VersionedWeights weights,
            RowStore store,
            Path snapshots,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.keys = new ServingKeys(spec);
        this.weights = weights;
        this.store = store;
        this.snapshots = snapshots;
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
        for (int shard = 0; shard < shards; shard++) {
            if (shardVersion(shard).sequence() == 0) {
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
        }
        return judged;
    }

    /** Writes what was applied to disk. */
    @Override
    public void persist() {
        if (!unwritten.isEmpty()) {
            store.write(unwritten, state());
            unwritten.clear();
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
        var folder = new SnapshotFolder(ShardFolders.of(snapshots, shard, next.length), 1);
        try (Snapshot snapshot =
                folder.newerThan(shardVersion(shard).sequence()).orElse(null)) {
            return snapshot == null
                            || snapshot.header().specFingerprint() != fingerprint
                            || snapshot.header().shard() != shard
                    ? -1
                    : take(snapshot);
        }
    }

    /** Its rows in place of those of the shard; the other shards' stay. */
    private long take(Snapshot snapshot) {
        int shard = snapshot.header().shard();
        ParameterTable training =
                SnapshotTables.restore(snapshot, spec.policies().maxRows());
        OffHeapTable table = VersionedWeights.newTable();
        table.reserve((int) Math.min(training.size(), Integer.MAX_VALUE));
        if (next.length > 1) {
            ParameterTable now = weights.table();
            now.forEachRow(row -> {
                if (keys.shardOf(now.key(row), next.length) != shard) {
                    VersionedWeights.put(table, now.key(row), now.getFloat(row, RowLayout.WEIGHT));
                }
            });
        }
        FtrlRows rows = new FtrlRows(spec);
        training.forEachRow(
                row -> rows.serve(training, row, (key, weight) -> VersionedWeights.put(table, key, weight)));
        diskWhole = false;
        next[shard] = snapshot.header().deltaOffset() + 1;
        long now = clock.millis();
        weights.replace(table, weights.version().with(shard, version(snapshot.header(), training), now, now));
        listener.accept(weights.version());
        writeAll();
        LOG.info(
                "model {}, shard {}: mended from the snapshot at sequence {}",
                spec.model(),
                shard,
                snapshot.header().sequence());
        return next[shard];
    }

    private static ShardVersion version(Snapshot.Header header, ParameterTable training) {
        long bias = training.find(FeatureIds.BIAS);
        long watermark = header.watermarks().values().stream()
                .mapToLong(Long::longValue)
                .min()
                .orElse(0);
        long idSum = bias == ParameterTable.MISSING || !training.layout().audited()
                ? 0
                : training.getLong(bias, RowLayout.ID_SUM);
        return new ShardVersion(
                header.sequence(),
                0,
                watermark,
                header.sampleOffsets(),
                header.samples(),
                idSum,
                header.duplicateSamples());
    }

    @Override
    public void close() {
        store.close();
    }
}
