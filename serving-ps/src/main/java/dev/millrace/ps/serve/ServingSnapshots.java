package dev.millrace.ps.serve;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.RowSink;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.util.Optional;

/** A model's snapshots as what they serve: rows and version of a shard, for whatever keeps serving weights. */
public final class ServingSnapshots {
    private final ModelSpec spec;
    private final SnapshotPlace place;
    private final ServedRows rows;

    /** @param place of the model's snapshots */
    public ServingSnapshots(ModelSpec spec, SnapshotPlace place) {
        this.spec = spec;
        this.place = place;
        rows = new ServedRows(spec);
    }

    /**
     * One shard at one point of its log.
     *
     * @param next offset on its delta partition of the first delta that it does not contain
     */
    public record Serving(ShardVersion version, long next, ParameterTable training, ServedRows rows) {
        /** Every serving row, in no particular order. */
        public void forEachRow(RowSink sink) {
            training.forEachRow(row -> rows.serveRowsAgain(training, row, sink));
        }
    }

    /**
     * The shard's newest whole snapshot of this spec, if it is beyond a sequence. The training table that it returns
     * with is as large as the learner's.
     */
    public Optional<Serving> newerThan(int shard, int shards, long sequence) throws IOException {
        try (SnapshotStore store = place.store(shard, shards, 1);
                Snapshot snapshot = store.newerThan(sequence).orElse(null)) {
            if (snapshot == null
                    || snapshot.header().specFingerprint() != spec.fingerprint()
                    || snapshot.header().shard() != shard) {
                return Optional.empty();
            }
            ParameterTable training =
                    SnapshotTables.restore(snapshot, spec.policies().maxRows());
            Snapshot.Header header = snapshot.header();
            return Optional.of(new Serving(version(snapshot, training), header.deltaOffset() + 1, training, rows));
        }
    }

    private static ShardVersion version(Snapshot snapshot, ParameterTable training) {
        Snapshot.Header header = snapshot.header();
        long watermark = header.watermarks().values().stream()
                .mapToLong(Long::longValue)
                .min()
                .orElse(0);
        return new ShardVersion(
                header.sequence(),
                0,
                watermark,
                header.sampleOffsets(),
                header.samples(),
                sampleIdSum(snapshot, training),
                header.duplicateSamples());
    }

    private static long sampleIdSum(Snapshot snapshot, ParameterTable training) {
        if (!training.layout().audited()) {
            long[] sum = snapshot.extras().longs(Extras.SAMPLE_ID_SUM);
            return sum.length == 1 ? sum[0] : 0;
        }
        long bias = training.find(FeatureIds.BIAS);
        return bias == ParameterTable.MISSING ? 0 : training.getLong(bias, RowLayout.ID_SUM);
    }
}
