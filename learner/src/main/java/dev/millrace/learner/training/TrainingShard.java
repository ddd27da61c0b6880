package dev.millrace.learner.training;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.Predictor;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotWriter;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.concurrent.Future;

/**
 * The training shard of the embedded learner: a {@link ShardState} that learns sample by sample, and knows the latest
 * sample ids. The same records with the same batch boundaries give the same bits. Single-threaded.
 */
public final class TrainingShard implements AutoCloseable {
    private static final Watch NOBODY = (block, samples, count, predicted) -> {};

    private final ShardState state;
    private final long fingerprint;
    /** Section of a snapshot: {@link Step#state}. */
    public static final String STEP = "step";

    private final Step step;
    private final FitWatch fit;
    private final RecentIds recent;
    private int[] fresh = new int[256];
    private float[] predictions;
    private Course course = Course.START;
    private long registrySeen;
    /** Of the snapshot that it was restored from. */
    private long[] watchState = {};

    private Watch watch = NOBODY;
    private boolean watched;

    /** Told of what was learned, before the next record is. */
    @FunctionalInterface
    public interface Watch {
        /**
         * @param samples of the block, {@code count} of them: those that had not been learned before
         * @param predictions of each by the weights before they learned it, as {@link Step#learn} gives them
         */
        void learned(SampleBlock block, int[] samples, int count, float[] predictions);

        /** What it has to know again after a restart; stands in snapshots. */
        default long[] state() {
            return new long[0];
        }

        /** What {@link #state} gave, or nothing. */
        default void restore(long[] state) {}
    }

    private TrainingShard(ShardState state, StepMaker steps, RecentIds recent) {
        this.state = state;
        this.fingerprint = state.spec().fingerprint();
        this.step = steps.of(state.spec(), state.table(), state.life());
        this.fit = new FitWatch(state.spec(), new Predictor(state.spec(), state.table(), state.life()));
        this.recent = recent;
        this.predictions = new float[fresh.length * state.spec().heads().labels()];
    }

    /** @param recentIds how many of the latest sample ids are recognized when they come again */
    public static TrainingShard empty(ModelSpec spec, int recentIds) {
        return empty(spec, StepMaker.CPU, recentIds);
    }

    /** The same on a device of one's choice; then it wants to be closed. */
    public static TrainingShard empty(ModelSpec spec, StepMaker steps, int recentIds) {
        return new TrainingShard(ShardState.empty(spec, ShardState.Id.ONLY), steps, new RecentIds(recentIds));
    }

    /** @throws IllegalStateException when the snapshot is of another spec */
    public static TrainingShard of(ModelSpec spec, Snapshot snapshot, int recentIds) {
        return of(spec, StepMaker.CPU, snapshot, recentIds);
    }

    /** The same on a device of one's choice; then it wants to be closed. */
    public static TrainingShard of(ModelSpec spec, StepMaker steps, Snapshot snapshot, int recentIds) {
        ShardState state = ShardState.of(spec, ShardState.Id.ONLY, snapshot);
        RecentIds recent = new RecentIds(recentIds);
        for (long id : snapshot.extras().longs(Extras.RECENT_IDS)) {
            recent.add(id);
        }
        TrainingShard shard = new TrainingShard(state, steps, recent);
        snapshot.extras().bytes(STEP).ifPresent(shard.step::restore);
        shard.course = Course.of(snapshot.extras());
        shard.watchState = snapshot.extras().longs(Course.WATCH);
        // Back from other weights: what they had is replaced with the first delta.
        shard.sendAnew(snapshot.extras().longs(Course.SEND_ANEW));
        for (long partition : snapshot.extras().longs(Course.PARTITIONS)) {
            long next = state.nextOffset((int) partition);
            state.include((int) partition, next, next);
        }
        return shard;
    }

    /** What it was told to learn, and what not. */
    public Course course() {
        return course;
    }

    /** Between batches. */
    public void course(Course other) {
        course = other;
    }

    /** How far its learner has read the registry; stands in its snapshots from now on. */
    public void registrySeen(long next) {
        registrySeen = next;
    }

    public void watch(Watch other) {
        watch = other;
        watched = true;
        watch.restore(watchState);
    }

    /** Learns the samples of one record that were not learned yet. Records of a partition come in order. */
    public void learn(int partition, long offset, SampleBlock block) {
        state.include(partition, offset, offset + 1);
        state.watermark(partition, block.header().watermarkMs());
        if (block.header().specFingerprint() != fingerprint || course.leavesOut(partition, offset)) {
            state.count(0, 0, block.size());
            return;
        }
        int count = freshOf(block);
        int learned = step.learn(block, fresh, count, predictions, state.touched());
        int canaries = 0;
        for (int i = 0; i < count; i++) {
            if (Float.isNaN(predictions[i])) {
                continue;
            }
            if (block.isCanary(fresh[i])) {
                canaries++;
            } else {
                state.sumIds(block.sampleId(fresh[i]));
            }
        }
        // Samples are those that the bias has learned, and a canary's vector is without it.
        state.count(learned - canaries, block.size() - count, count - learned);
        watch.learned(block, fresh, count, predictions);
        fit.learned(block, fresh, count, predictions);
    }

    /** How well it predicts what it has not learned, and what it has. */
    public FitWatch fit() {
        return fit;
    }

    /** Collects the samples that were not learned yet. */
    private int freshOf(SampleBlock block) {
        if (block.size() > fresh.length) {
            fresh = new int[block.size()];
            predictions = new float[block.size() * state.spec().heads().labels()];
        }
        recent.touch(block);
        int count = 0;
        for (int i = 0; i < block.size(); i++) {
            if (recent.add(block.sampleId(i))) {
                fresh[count++] = i;
            }
        }
        return count;
    }

    /** Takes note of a record that holds no samples that can be read. */
    public void skip(int partition, long offset) {
        state.include(partition, offset, offset + 1);
        state.count(0, 0, 1);
    }

    /** What it has in common with a remote shard. */
    public ShardState state() {
        return state;
    }

    /** Whether there is something to publish: records learned since the last batch was closed, or rows to send anew. */
    public boolean hasOpenBatch() {
        return state.hasOpenBatch();
    }

    /** Rows that the open batch changed. */
    public int touchedRows() {
        return state.touchedRows();
    }

    /** Closes the open batch: absolute rows under the next sequence. */
    public Delta closeBatch(long learnedMs) {
        return closeBatch(learnedMs, Integer.MAX_VALUE);
    }

    /** At most so many rows of it, see {@link ShardState#closeBatch(long, int)}. */
    public Delta closeBatch(long learnedMs, int maxRows) {
        if (!state.isClosing()) {
            step.flush(state.touched());
            fit.closed();
            state.expire();
        }
        return state.closeBatch(learnedMs, maxRows);
    }

    /**
     * Marks serving rows to travel with the next delta although no sample changes them: as they are here, or as gone.
     */
    public void sendAnew(long[] keys) {
        state.sendAnew(keys);
    }

    /** Leaves sequences out that are on the log but not here: the next batch comes after them. */
    public void skipTo(long takenSequence) {
        state.skipTo(takenSequence);
    }

    /**
     * A copy of everything, between batches.
     *
     * @param deltaOffset where the last closed batch's delta stands on its topic
     */
    public Snapshot snapshot(long deltaOffset) {
        return state.snapshot(deltaOffset, extras());
    }

    /** Begins the same while it goes on learning, see {@link ShardState#beginSnapshot}. */
    public void beginSnapshot(SnapshotWriter writer, Future<Long> deltaOffset) {
        state.beginSnapshot(writer, deltaOffset, extras());
    }

    private Extras extras() {
        return course.into(Extras.NONE.withLongs(Extras.RECENT_IDS, recent.toArray()))
                .withLongs(Course.REGISTRY_SEEN, new long[] {registrySeen})
                .withLongs(Course.WATCH, watched ? watch.state() : watchState)
                .with(STEP, step.state());
    }

    /**
     * A copy of everything, of a shard that is to go on in place of another one: it begins with what differs.
     *
     * @param deltaOffset where the other's last delta stands
     * @param differing keys of rows that the other has otherwise, or that only one of them has
     * @param partitions of the samples that either has learned of
     */
    public Snapshot snapshotInPlaceOf(long deltaOffset, long[] differing, long[] partitions) {
        return state.snapshot(
                deltaOffset, extras().withLongs(Course.SEND_ANEW, differing).withLongs(Course.PARTITIONS, partitions));
    }

    public ModelSpec spec() {
        return state.spec();
    }

    public long sequence() {
        return state.sequence();
    }

    /** Distinct samples learned. */
    public long samples() {
        return state.samples();
    }

    /** Wrapping sum of their ids, from the bias row. */
    public long sampleIdSum() {
        return state.sampleIdSum();
    }

    /** Updates of the bias row, modulo 2³²; 0 when rows are not audited. */
    public int biasUpdates() {
        long bias = state.table().find(FeatureIds.BIAS);
        return bias == ParameterTable.MISSING || !state.table().layout().audited()
                ? 0
                : state.table().getInt(bias, RowLayout.UPDATES);
    }

    public long duplicates() {
        return state.duplicates();
    }

    /** Samples and records that could not be learned: another spec, unreadable, a gradient that is not finite. */
    public long refused() {
        return state.refused();
    }

    public long rows() {
        return state.table().size();
    }

    /** The first record of a partition that is not learned; 0 when none was. */
    public long nextOffset(int partition) {
        return state.nextOffset(partition);
    }

    /** Gives back what its step holds outside of the heap; it learns no more. */
    @Override
    public void close() {
        step.close();
    }
}
