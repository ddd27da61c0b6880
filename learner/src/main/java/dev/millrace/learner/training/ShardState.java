package dev.millrace.learner.training;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.Step;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.RowSink;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.snapshot.SnapshotWriter;
import dev.millrace.ps.table.MemoryNodes;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;

/**
 * What every training shard has, whoever learns into it: rows, the offsets that they include, and the batch that is open,
 * which is closed into a delta. The embedded learner changes rows sample by sample ({@link TrainingShard}), a remote
 * shard by pushes. One owning thread.
 */
public final class ShardState {
    /** Which of a model's shards this is: 0 of 1 when everything is in one process. */
    public record Id(int shard, int shards) {
        public static final Id ONLY = new Id(0, 1);

        public Id {
            if (shard < 0 || shard >= shards) {
                throw new IllegalArgumentException("shard " + shard + " of " + shards);
            }
        }
    }

    /** Its section of a snapshot: the owner's epoch, one number. */
    private static final String EPOCH = "owner-epoch";

    private final ModelSpec spec;
    private final long fingerprint;
    private final Id id;
    private final ParameterTable table;
    private final RowLife life;
    private final ServedRows rows;
    private final SortedMap<Integer, Long> offsets = new TreeMap<>();
    private final SortedMap<Integer, Long> watermarks = new TreeMap<>();
    private final SortedMap<Integer, Delta.Range> open = new TreeMap<>();
    private final TouchedKeys touched = new TouchedKeys();
    private final Step.Touched marking = new Marking();
    /** Rows of the batch that is being closed, and its records; the first {@link #closed} of them are in deltas. */
    private LongArrayList closing = new LongArrayList();

    private int closed;
    private final SortedMap<Integer, Delta.Range> closingRanges = new TreeMap<>();
    private long epoch;
    private long sequence;
    private long samples;
    /** Where no row keeps it. */
    private long sampleIdSum;

    private long duplicates;
    private long refused;

    private ShardState(ModelSpec spec, Id id, ParameterTable table) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.id = id;
        this.table = table;
        this.life = new RowLife(spec, table);
        this.rows = new ServedRows(spec);
    }

    public static ShardState empty(ModelSpec spec, Id id) {
        return new ShardState(
                spec,
                id,
                new OffHeapTable(TrainingLayout.of(spec), spec.policies().maxRows(), MemoryNodes.of(id.shard())));
    }

    /** @throws IllegalStateException when the snapshot is of another spec or another shard */
    public static ShardState of(ModelSpec spec, Id id, Snapshot snapshot) {
        Snapshot.Header header = snapshot.header();
        if (header.specFingerprint() != spec.fingerprint()) {
            throw new IllegalStateException(
                    "the snapshot of model " + spec.model()
                            + " was learned with other slots, crosses or optimizer; give the changed model a new name or a new data folder");
        }
        if (header.shard() != id.shard()) {
            throw new IllegalStateException("the snapshot of model " + spec.model() + " is of shard " + header.shard()
                    + ", not of shard " + id.shard());
        }
        ParameterTable table = SnapshotTables.restore(snapshot, spec.policies().maxRows());
        long watermarkMs = least(header.watermarks());
        var state = new ShardState(spec, id, TrainingLayout.convert(table, spec, RowLife.second(watermarkMs)));
        snapshot.extras().bytes(RowLife.SECTION).ifPresent(state.life::restore);
        if (!state.table.layout().audited()) {
            long[] sum = snapshot.extras().longs(Extras.SAMPLE_ID_SUM);
            state.sampleIdSum = sum.length == 1 ? sum[0] : idSumOf(table);
        }
        state.sequence = header.sequence();
        long[] epoch = snapshot.extras().longs(EPOCH);
        state.epoch = epoch.length == 1 ? epoch[0] : 0;
        state.samples = header.samples();
        state.duplicates = header.duplicateSamples();
        state.offsets.putAll(header.sampleOffsets());
        state.watermarks.putAll(header.watermarks());
        return state;
    }

    // ---- learning ----

    /** Of the spec's {@link TrainingLayout}. Whoever changes a row says so with {@link #touch}. */
    public ParameterTable table() {
        return table;
    }

    /** Makes and deletes rows. */
    public RowLife life() {
        return life;
    }

    /**
     * Deletes rows that are too old; they travel as tombstones with the next delta. Called where batches end, so that
     * the same batches give the same rows.
     */
    public void expire() {
        life.expire(watermarkMs(), touched::add);
    }

    /** The row of this key travels with the next delta: as it is then, or as a tombstone. */
    public void touch(long key) {
        touched.add(key);
    }

    /** {@link #touch} for a step: of rows that it has found they are marked, which costs less than their keys. */
    public Step.Touched touched() {
        return marking;
    }

    private final class Marking implements Step.Touched {
        @Override
        public void key(long key) {
            touched.add(key);
        }

        @Override
        public void rows(long[] keys, long[] rows, int from, int count) {
            table.mark(rows, from, count);
        }
    }

    /** Records {@code from .. to-1} of a partition are in the rows now. */
    public void include(int partition, long from, long to) {
        Delta.Range range = open.get(partition);
        open.put(partition, new Delta.Range(range == null ? from : range.from(), to));
        offsets.put(partition, to);
    }

    /** The partition was learned up to this event time. */
    public void watermark(int partition, long watermarkMs) {
        watermarks.merge(partition, watermarkMs, Math::max);
    }

    public void count(long learned, long duplicate, long notLearned) {
        samples += learned;
        duplicates += duplicate;
        refused += notLearned;
    }

    /** Ids of the samples that the bias has learned, summed. */
    public void sumIds(long ids) {
        sampleIdSum += ids;
    }

    // ---- deltas ----

    /** Whether there is something to publish: records learned since the last batch was closed, or rows to send anew. */
    public boolean hasOpenBatch() {
        return !open.isEmpty() || touchedRows() > 0 || !closingRanges.isEmpty();
    }

    /** Rows that the open batch changed; one that was told both ways counts twice until it is closed. */
    public int touchedRows() {
        return touched.size() + Math.toIntExact(table.marked()) + closing.size() - closed;
    }

    /** Closes the open batch: absolute rows under the next sequence. */
    public Delta closeBatch(long learnedMs) {
        return closeBatch(learnedMs, Integer.MAX_VALUE);
    }

    /**
     * Closes at most this many of the changed rows into a delta. A batch of more takes several, the last of which names
     * its records and has all layers, so that no version has half of them: until then serving has not learned them. What
     * changes meanwhile is the next batch.
     */
    public Delta closeBatch(long learnedMs, int maxRows) {
        if (!isClosing()) {
            beginClosing();
            if (closing.size() > maxRows) {
                closing.sort((a, b) -> Boolean.compare(FeatureIds.isDense(a), FeatureIds.isDense(b)));
            }
        }
        int rows = closing.size() - closed;
        if (rows > maxRows) {
            int first = closed;
            while (closed < closing.size()
                    && closed - first < maxRows
                    && !FeatureIds.isDense(closing.getLong(closed))) {
                closed++;
            }
            rows = closed > first ? closed - first : rows;
            closed = first;
        }
        LongArrayList keys = new LongArrayList(rows);
        FloatArrayList weights = new FloatArrayList(rows * this.rows.width());
        for (int end = closed + rows; closed < end; closed++) {
            serve(closing.getLong(closed), keys, weights);
        }
        SortedMap<Integer, Delta.Range> ranges = new TreeMap<>();
        if (closed == closing.size()) {
            ranges.putAll(closingRanges);
            closingRanges.clear();
            closing = new LongArrayList();
            closed = 0;
        }
        return new Delta(header(learnedMs, ranges), this.rows.width(), keys.toLongArray(), weights.toFloatArray());
    }

    /** Whether a batch is being closed of which some rows are in deltas already. */
    public boolean isClosing() {
        return closed < closing.size() || !closingRanges.isEmpty();
    }

    private void beginClosing() {
        closing = drain();
        closed = 0;
        closingRanges.putAll(open);
        open.clear();
    }

    /** All that was touched, each key once: marked rows as they lie, so that looking them up passes over the table. */
    private LongArrayList drain() {
        LongArrayList others = touched.drain();
        long[] row = new long[1];
        others.removeIf(key -> {
            row[0] = table.find(key);
            if (row[0] == ParameterTable.MISSING) {
                return false;
            }
            table.mark(row, 0, 1);
            return true;
        });
        others.ensureCapacity(others.size() + Math.toIntExact(table.marked()));
        table.takeMarked(others::add);
        return others;
    }

    private void serve(long touchedKey, LongArrayList keys, FloatArrayList weights) {
        long row = table.find(touchedKey);
        RowSink sink = (key, served) -> {
            keys.add(key);
            weights.addElements(weights.size(), served);
        };
        if (row == ParameterTable.MISSING) {
            rows.goneRows(touchedKey, sink);
        } else {
            rows.serveRows(table, row, sink);
        }
    }

    private Delta.Header header(long learnedMs, SortedMap<Integer, Delta.Range> ranges) {
        return new Delta.Header(
                id.shard(),
                id.shards(),
                epoch,
                ++sequence,
                fingerprint,
                learnedMs,
                watermarkMs(),
                ranges,
                samples,
                sampleIdSum(),
                duplicates,
                spec.policies().weights(),
                // While rows wait for the next delta, serving cannot have them.
                touchedRows() == 0 ? ParityDigest.ofTraining(table, rows, sequence) : null);
    }

    /**
     * Marks serving rows to travel with the next delta although no sample changes them: as they are here, or as gone.
     */
    public void sendAnew(long[] keys) {
        for (long key : keys) {
            touched.add(trainingKey(key));
        }
    }

    /** A number's mean and scale serve as two rows, and are learned as one. */
    private long trainingKey(long servingKey) {
        int slot = FeatureIds.slotOf(servingKey);
        long mean = FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN);
        boolean isScale = servingKey == FeatureIds.pack(slot, Vectorizer.NUMBER_SCALE);
        return isScale && table.find(mean) != ParameterTable.MISSING ? mean : servingKey;
    }

    /** Nothing is open: of a shard that was just restored, and marked to send something. */
    public void forgetOpen() {
        drain();
        open.clear();
    }

    /** Leaves sequences out that are on the log but not here: the next batch comes after them. */
    public void skipTo(long takenSequence) {
        sequence = Math.max(sequence, takenSequence);
    }

    /** The next delta comes after this one, whatever was closed here: it is the last that replicas have taken. */
    public void goOnFrom(long takenSequence) {
        sequence = takenSequence;
    }

    // ---- snapshots ----

    /**
     * A copy of everything, between batches.
     *
     * @param deltaOffset where the last closed batch's delta stands on its topic
     * @param extras what its learner must know to go on from here
     */
    public Snapshot snapshot(long deltaOffset, Extras extras) {
        return new Snapshot(
                snapshotHeader().withDeltaOffset(deltaOffset), SnapshotTables.copyRows(table), withOwn(extras));
    }

    /**
     * Begins the same, between batches, without copying the rows at once: {@link SnapshotWriter#advance} goes on with
     * it while this learns.
     *
     * @param deltaOffset where the last closed batch's delta stands on its topic, once that is known
     */
    public void beginSnapshot(SnapshotWriter writer, Future<Long> deltaOffset, Extras extras) {
        writer.begin(snapshotHeader(), deltaOffset, withOwn(extras), table);
    }

    private Snapshot.Header snapshotHeader() {
        if (hasOpenBatch()) {
            throw new IllegalStateException("a snapshot is taken between batches");
        }
        return new Snapshot.Header(
                id.shard(),
                sequence,
                -1,
                fingerprint,
                new TreeMap<>(watermarks),
                new TreeMap<>(offsets),
                samples,
                duplicates,
                table.layout(),
                table.size());
    }

    private Extras withOwn(Extras extras) {
        return extras.with(RowLife.SECTION, life.toBytes())
                .withLongs(Extras.SAMPLE_ID_SUM, new long[] {sampleIdSum()})
                .withLongs(EPOCH, new long[] {epoch});
    }

    // ---- what it is ----

    public ModelSpec spec() {
        return spec;
    }

    public Id id() {
        return id;
    }

    /** Of the shard's owner: a later one is higher. 0 when there is only one owner ever. */
    public long epoch() {
        return epoch;
    }

    public void epoch(long ownersEpoch) {
        epoch = ownersEpoch;
    }

    public long sequence() {
        return sequence;
    }

    /** Distinct samples learned. */
    public long samples() {
        return samples;
    }

    /**
     * Wrapping sum of their ids, in a shard that has the bias: from its row, where rows are audited, so that it tells
     * what that row has learned.
     */
    public long sampleIdSum() {
        return table.layout().audited() ? idSumOf(table) : sampleIdSum;
    }

    private static long idSumOf(ParameterTable table) {
        long bias = table.find(FeatureIds.BIAS);
        return bias == ParameterTable.MISSING || !table.layout().audited() ? 0 : table.getLong(bias, RowLayout.ID_SUM);
    }

    /** Weights so far that were too large for the format that they travel in. */
    public long saturated() {
        return rows.saturated();
    }

    public long duplicates() {
        return duplicates;
    }

    /** Samples and records that could not be learned: another spec, unreadable, a gradient that is not finite. */
    public long refused() {
        return refused;
    }

    /** The first record of a partition that is not learned; 0 when none was. */
    public long nextOffset(int partition) {
        return offsets.getOrDefault(partition, 0L);
    }

    /** {@link #nextOffset} of every partition of which something was learned. */
    public SortedMap<Integer, Long> offsets() {
        return new TreeMap<>(offsets);
    }

    private long watermarkMs() {
        return least(watermarks);
    }

    private static long least(SortedMap<Integer, Long> watermarks) {
        return watermarks.values().stream().mapToLong(Long::longValue).min().orElse(0);
    }
}
