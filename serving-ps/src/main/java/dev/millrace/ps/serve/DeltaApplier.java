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
 * a crash leaves unwritten is read from the log again. Belongs to the following thread.
 */
final class DeltaApplier {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaApplier.class);

    private final ModelSpec spec;
    private final long fingerprint;
    private final VersionedWeights weights;
    private final RowStore store;
    private final SnapshotFolder snapshots;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    private final List<Delta> unwritten = new ArrayList<>();

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

    /** Loads the rows on disk. @return offset on the delta topic to go on from; −1: from its beginning */
    long restore() {
        RowStore.State state = store.state().orElse(null);
        if (state == null) {
            return -1;
        }
        if (state.specFingerprint() != fingerprint) {
            LOG.warn("model {}: the rows on disk are of another spec and dropped", spec.model());
            store.clear();
            return -1;
        }
        OffHeapTable table = VersionedWeights.newTable();
        store.forEach((key, weight) -> VersionedWeights.put(table, key, weight));
        weights.replace(table, state.version());
        return state.nextDelta();
    }

    Applied apply(Delta delta) {
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
        listener.accept(weights.version());
        return new Applied.Advanced(header.sequence());
    }

    /** Writes what was applied to disk. @param nextDelta offset on the delta topic after the last one applied */
    void persist(long nextDelta) {
        if (!unwritten.isEmpty()) {
            store.write(unwritten, new RowStore.State(weights.version(), fingerprint, nextDelta));
            unwritten.clear();
        }
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
        FtrlRows rows = new FtrlRows(spec);
        training.forEachRow(
                row -> rows.serve(training, row, (key, weight) -> VersionedWeights.put(table, key, weight)));
        ServedVersion version = version(snapshot.header(), training);
        weights.replace(table, version);
        unwritten.clear();
        long next = snapshot.header().deltaOffset() + 1;
        store.clear();
        store.writeAll(table, new RowStore.State(version, fingerprint, next));
        listener.accept(weights.version());
        LOG.info("model {}: mended from the snapshot at sequence {}", spec.model(), version.sequence());
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
}
