package dev.millrace.ps.serve;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.FtrlRows;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides about each delta and applies the right ones: memory first, then listeners, then, once a poll, the disk. What
 * a crash leaves unwritten is read from the log again. While the process lives, memory is what counts: a disk that
 * failed is brought up to it. Belongs to the following thread, which closes it.
 */
final class DeltaApplier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaApplier.class);

    private final ModelSpec spec;
    private final long fingerprint;
    private final VersionedWeights weights;
    private final RowStore store;
    private final SnapshotFolder snapshots;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    /** Applied and not on disk yet: at most what one poll brought, since nothing is applied before it is written. */
    private final List<Delta> unwritten = new ArrayList<>();
    /** Offset on the delta topic after the last delta in memory; −1: its beginning. */
    private long next = -1;
    /** Whether the rows on disk are whole: those in memory without {@link #unwritten}. */
    private boolean diskWhole = true;

    DeltaApplier(
            ModelSpec spec,
            VersionedWeights weights,
            RowStore store,
            Path snapshots,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.weights = weights;
        this.store = store;
        this.snapshots = new SnapshotFolder(snapshots, 1);
        this.clock = clock;
        this.listener = listener;
    }

    /**
     * Loads the rows on disk, or, after a failure in this process, brings them up to those in memory.
     *
     * @return offset on the delta topic to go on from; −1: from its beginning
     */
    long resume() throws IOException {
        if (weights.version().sequence() == 0) {
            return load();
        }
        if (diskWhole) {
            persist();
        } else {
            writeAll();
        }
        return next;
    }

    private long load() throws IOException {
        RowStore.State state = store.state().orElse(null);
        if (state == null || state.specFingerprint() != fingerprint) {
            LOG.info(
                    "model {}: no rows on disk of this spec; beginning with a snapshot, if there is one", spec.model());
            // A crash may have left rows without a state.
            store.clear();
            // The log's beginning may have expired: it is the last resort, not the first.
            return mend();
        }
        OffHeapTable table = VersionedWeights.newTable();
        store.forEach((key, weight) -> VersionedWeights.put(table, key, weight));
        weights.replace(table, state.version());
        next = state.nextDelta();
        return next;
    }

    /** @param following offset on the delta topic after this one */
    Applied apply(Delta delta, long following) {
        Delta.Header header = delta.header();
        ServedVersion now = weights.version();
        if (header.specFingerprint() != fingerprint) {
            return new Applied.WrongSpec(fingerprint, header.specFingerprint());
        }
        if (header.sequence() <= now.sequence()) {
            return new Applied.Duplicate(header.sequence());
        }
        if (header.sequence() != now.sequence() + 1) {
            return new Applied.Gap(now.sequence() + 1, header.sequence());
        }
        Map<Integer, Long> offsets = new HashMap<>(now.sampleOffsets());
        header.ranges().forEach((partition, range) -> offsets.put(partition, range.to()));
        weights.apply(
                delta,
                new ServedVersion(
                        header.sequence(),
                        header.learnedMs(),
                        clock.millis(),
                        header.watermarkMs(),
                        offsets,
                        header.samples(),
                        header.sampleIdSum(),
                        header.duplicateSamples(),
                        0));
        unwritten.add(delta);
        next = following;
        listener.accept(weights.version());
        return new Applied.Advanced(header.sequence());
    }

    /** Writes what was applied to disk. */
    void persist() {
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
        return new RowStore.State(weights.version(), fingerprint, next);
    }

    /**
     * Takes the newest snapshot if it is newer than what serves.
     *
     * @return offset on the delta topic to go on from, or −1 when no snapshot helps yet
     */
    long mend() throws IOException {
        try (Snapshot snapshot =
                snapshots.newerThan(weights.version().sequence()).orElse(null)) {
            return snapshot == null || snapshot.header().specFingerprint() != fingerprint ? -1 : take(snapshot);
        }
    }

    private long take(Snapshot snapshot) {
        ParameterTable training =
                SnapshotTables.restore(snapshot, spec.policies().maxRows());
        OffHeapTable table = VersionedWeights.newTable();
        table.reserve((int) Math.min(training.size(), Integer.MAX_VALUE));
        FtrlRows rows = new FtrlRows(spec);
        training.forEachRow(
                row -> rows.serve(training, row, (key, weight) -> VersionedWeights.put(table, key, weight)));
        diskWhole = false;
        next = snapshot.header().deltaOffset() + 1;
        weights.replace(table, version(snapshot.header(), training));
        listener.accept(weights.version());
        writeAll();
        LOG.info(
                "model {}: mended from the snapshot at sequence {}",
                spec.model(),
                snapshot.header().sequence());
        return next;
    }

    private ServedVersion version(Snapshot.Header header, ParameterTable training) {
        long bias = training.find(FeatureIds.BIAS);
        long watermark = header.watermarks().values().stream()
                .mapToLong(Long::longValue)
                .min()
                .orElse(0);
        return new ServedVersion(
                header.sequence(),
                clock.millis(),
                clock.millis(),
                watermark,
                header.sampleOffsets(),
                header.samples(),
                bias == ParameterTable.MISSING ? 0 : training.getLong(bias, RowLayout.ID_SUM),
                header.duplicateSamples(),
                0);
    }

    @Override
    public void close() {
        store.close();
    }
}
