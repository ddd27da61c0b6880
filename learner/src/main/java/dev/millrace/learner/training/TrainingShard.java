package dev.millrace.learner.training;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.FtrlStep;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import it.unimi.dsi.fastutil.longs.LongIterator;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One shard of the training parameter server: rows, the offsets that they include, and the batch that is open. Batches
 * are closed into deltas; the same records with the same batch boundaries give the same bits. Single-threaded.
 */
public final class TrainingShard {
    private static final int SHARD = 0;

    private final ModelSpec spec;
    private final long fingerprint;
    private final ParameterTable table;
    private final FtrlStep step;
    private final FtrlRows rows;
    private final RecentIds recent;
    private final SortedMap<Integer, Long> offsets = new TreeMap<>();
    private final SortedMap<Integer, Long> watermarks = new TreeMap<>();
    private final SortedMap<Integer, Delta.Range> open = new TreeMap<>();
    private final LongOpenHashSet touched = new LongOpenHashSet();
    private long sequence;
    private long samples;
    private long duplicates;
    private long refused;

    private TrainingShard(ModelSpec spec, ParameterTable table, RecentIds recent) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.table = table;
        this.recent = recent;
        this.step = new FtrlStep(spec, table);
        this.rows = new FtrlRows(spec);
    }

    /** @param recentIds how many of the latest sample ids are recognized when they come again */
    public static TrainingShard empty(ModelSpec spec, int recentIds) {
        return new TrainingShard(
                spec, new OffHeapTable(RowLayout.TRAINING, spec.policies().maxRows()), new RecentIds(recentIds));
    }

    /** @throws IllegalStateException when the snapshot is of another spec */
    public static TrainingShard of(ModelSpec spec, Snapshot snapshot, int recentIds) {
        Snapshot.Header header = snapshot.header();
        if (header.specFingerprint() != spec.fingerprint()) {
            throw new IllegalStateException(
                    "the snapshot of model " + spec.model()
                            + " was learned with other slots, crosses or optimizer; give the changed model a new name or a new data folder");
        }
        RecentIds recent = new RecentIds(recentIds);
        for (long id : snapshot.extras().longs(Extras.RECENT_IDS)) {
            recent.add(id);
        }
        var shard = new TrainingShard(
                spec, SnapshotTables.restore(snapshot, spec.policies().maxRows()), recent);
        shard.sequence = header.sequence();
        shard.samples = header.samples();
        shard.duplicates = header.duplicateSamples();
        shard.offsets.putAll(header.sampleOffsets());
        shard.watermarks.putAll(header.watermarks());
        return shard;
    }

    /** Learns the samples of one record that were not learned yet. Records of a partition come in order. */
    public void learn(int partition, long offset, SampleBlock block) {
        extend(partition, offset);
        watermarks.merge(partition, block.header().watermarkMs(), Math::max);
        if (block.header().specFingerprint() != fingerprint) {
            refused += block.size();
            return;
        }
        for (int i = 0; i < block.size(); i++) {
            if (!recent.add(block.sampleId(i))) {
                duplicates++;
            } else if (step.learn(block, i, touched::add)) {
                samples++;
            } else {
                refused++;
            }
        }
    }

    /** Takes note of a record that holds no samples that can be read. */
    public void skip(int partition, long offset) {
        extend(partition, offset);
        refused++;
    }

    private void extend(int partition, long offset) {
        Delta.Range range = open.get(partition);
        open.put(partition, new Delta.Range(range == null ? offset : range.from(), offset + 1));
        offsets.put(partition, offset + 1);
    }

    /** Whether there is something to publish: records learned since the last batch was closed, or rows to send anew. */
    public boolean hasOpenBatch() {
        return !open.isEmpty() || !touched.isEmpty();
    }

    /** Rows that the open batch changed. */
    public int touchedRows() {
        return touched.size();
    }

    /** Closes the open batch: absolute rows under the next sequence. */
    public Delta closeBatch(long learnedMs) {
        LongArrayList keys = new LongArrayList(touched.size());
        it.unimi.dsi.fastutil.floats.FloatArrayList weights =
                new it.unimi.dsi.fastutil.floats.FloatArrayList(touched.size());
        for (LongIterator it = touched.iterator(); it.hasNext(); ) {
            long touchedKey = it.nextLong();
            long row = table.find(touchedKey);
            if (row == ParameterTable.MISSING) {
                keys.add(touchedKey);
                weights.add(Float.NaN);
            } else {
                rows.serve(table, row, (key, weight) -> {
                    keys.add(key);
                    weights.add(weight);
                });
            }
        }
        var header = new Delta.Header(
                SHARD,
                ++sequence,
                fingerprint,
                learnedMs,
                watermarkMs(),
                new TreeMap<>(open),
                samples,
                sampleIdSum(),
                duplicates);
        open.clear();
        touched.clear();
        return new Delta(header, keys.toLongArray(), weights.toFloatArray());
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

    /** Leaves sequences out that are on the log but not here: the next batch comes after them. */
    public void skipTo(long takenSequence) {
        sequence = Math.max(sequence, takenSequence);
    }

    /**
     * A copy of everything, between batches.
     *
     * @param deltaOffset where the last closed batch's delta stands on its topic
     */
    public Snapshot snapshot(long deltaOffset) {
        if (hasOpenBatch()) {
            throw new IllegalStateException("a snapshot is taken between batches");
        }
        var header = new Snapshot.Header(
                SHARD,
                sequence,
                deltaOffset,
                fingerprint,
                new TreeMap<>(watermarks),
                new TreeMap<>(offsets),
                samples,
                duplicates,
                table.layout(),
                table.size());
        return new Snapshot(
                header, SnapshotTables.copyRows(table), Extras.NONE.withLongs(Extras.RECENT_IDS, recent.toArray()));
    }

    public ModelSpec spec() {
        return spec;
    }

    public long sequence() {
        return sequence;
    }

    /** Distinct samples learned. */
    public long samples() {
        return samples;
    }

    /** Wrapping sum of their ids, from the bias row. */
    public long sampleIdSum() {
        long bias = table.find(FeatureIds.BIAS);
        return bias == ParameterTable.MISSING ? 0 : table.getLong(bias, RowLayout.ID_SUM);
    }

    /** Updates of the bias row, modulo 2³². */
    public int biasUpdates() {
        long bias = table.find(FeatureIds.BIAS);
        return bias == ParameterTable.MISSING ? 0 : table.getInt(bias, RowLayout.UPDATES);
    }

    public long duplicates() {
        return duplicates;
    }

    /** Samples and records that could not be learned: another spec, unreadable, a gradient that is not finite. */
    public long refused() {
        return refused;
    }

    public long rows() {
        return table.size();
    }

    /** The first record of a partition that is not learned; 0 when none was. */
    public long nextOffset(int partition) {
        return offsets.getOrDefault(partition, 0L);
    }

    private long watermarkMs() {
        return watermarks.values().stream().mapToLong(Long::longValue).min().orElse(0);
    }
}
