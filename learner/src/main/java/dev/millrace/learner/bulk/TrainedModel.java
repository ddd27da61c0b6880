package dev.millrace.learner.bulk;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.training.ShardState;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotStore;
import java.io.IOException;
import java.util.Map;
import java.util.SequencedMap;

/** What was learned from files. */
public final class TrainedModel {
    private final ModelSpec spec;
    private final ShardState state;
    private final byte[] step;
    private final BulkMetrics metrics;
    private final SequencedMap<String, BulkMetrics> heads;
    private final long[] recentIds;

    TrainedModel(ModelSpec spec, ShardState state, BlockLearner learner, long[] recentIds) {
        this.step = learner.stepState();
        this.spec = spec;
        this.state = state;
        this.metrics = learner.metrics();
        this.heads = learner.heads();
        this.recentIds = recentIds;
    }

    /** Where a model's delta log ends: a version from files comes after all of it. */
    public record LogEnd(long sequence, long offset) {
        public static final LogEnd NONE = new LogEnd(0, -1);
    }

    public ModelSpec spec() {
        return spec;
    }

    public ShardState state() {
        return state;
    }

    /** Whoever goes on from it begins behind these records of the samples, as if they had been learned. */
    public void goesOnBehind(Map<Integer, Long> records) {
        records.forEach((partition, next) -> state.include(partition, next, next));
    }

    /** Progressive, of every sample; of a model with heads, of the first. */
    public BulkMetrics metrics() {
        return metrics;
    }

    /** The same of every head in the spec's order; empty: the model has none. */
    public SequencedMap<String, BulkMetrics> heads() {
        return heads;
    }

    /**
     * Publishes it as a version: a snapshot that serving loads, and from which the online learner goes on behind the
     * records that the files held.
     *
     * @return its sequence
     */
    public long publish(SnapshotStore store, LogEnd end, long nowMs) throws IOException {
        state.skipTo(end.sequence());
        state.closeBatch(nowMs);
        Extras extras = Extras.NONE.withLongs(Extras.RECENT_IDS, recentIds).with(TrainingShard.STEP, step);
        try (Snapshot snapshot = state.snapshot(end.offset(), extras)) {
            store.write(snapshot);
        }
        return state.sequence();
    }
}
