package dev.millrace.learner.bulk;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.learner.step.SampleWeights;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlWeight;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/** One worker's part of {@link ShardedFtrl}: the rows of its slots. Its own thread, but for {@code parts}. */
final class FtrlShard {
    /** Rows kept beside the table, a power of two. */
    private static final int OFTEN = 1 << 11;

    /** Samples after which what comes for the first time is not frequent. */
    private static final int FILLED = 1 << 15;

    /** Features. */
    private static final int TOUCH_AHEAD = 320;

    private static final int LONGS_A_LINE = 8;

    private final int worker;
    private final int workers;
    private final FtrlWeight weight;
    private final ParameterTable table;
    private final int tableParts;
    private final FtrlBatch ftrl;
    private final boolean audited;
    private final int lastUpdate;
    private final BulkMetrics metrics = new BulkMetrics();
    /** Of bias and numbers, which nearly every sample has. */
    private final MergedRows numberRows;
    /**
     * Of features that came early, as frequent ones do: each has one place, by its key's low bits, which are a hash. Behind
     * them the minibatch's other features.
     */
    private final MergedRows often;

    private boolean oftenFull;
    private final SlotPattern pattern;
    private final Features numbers;
    private final Features others;
    private final Cold cold = new Cold();
    private final long[] chunk = new long[ParameterTable.CHUNK];
    /** Σ w·x of this worker's features, by sample. */
    private final float[] parts;
    /** Of all workers: each sample's, NaN for one that is refused. */
    private final float[] errors;
    /** Of this minibatch, read by this worker alone. */
    private final float[] ownErrors;

    private final float[] logits;
    /** exp(−|logit|), NaN for one that is refused. */
    private final double[] tails;
    /** Rows that the table has without growing. */
    private long room;

    private final RowGrowth growth = new RowGrowth();
    /** What {@link #touchAhead} read; nobody needs it, and the compiler cannot know. */
    private long touched;

    private long samples;
    private long refused;
    private long idSum;

    /** Features of a minibatch, sample by sample; those of sample i end before {@code ends[i]}. */
    private static final class Features {
        private int size;
        private final int[] ends;
        /** Among the merged rows, or behind them. */
        private int[] indexes = new int[0];

        private float[] values = new float[0];

        Features(int samples) {
            ends = new int[samples];
        }

        void clear(int most) {
            size = 0;
            if (values.length < most) {
                indexes = new int[2 * most];
                values = new float[2 * most];
            }
        }
    }

    /** Features of a minibatch that are not among the merged ones: their rows are in the table. */
    private static final class Cold {
        private int size;
        private long[] keys = new long[0];
        private long[] rows = new long[0];
        private float[] z = new float[0];
        private float[] n = new float[0];
        private float[] weights = new float[0];
        /** 0, 1, 2, … */
        private int[] places = new int[0];

        void clear(int most) {
            size = 0;
            if (keys.length < most + 1) {
                places = IntStream.range(0, 2 * most).toArray();
                keys = new long[2 * most + 1];
                rows = new long[2 * most];
                z = new float[2 * most];
                n = new float[2 * most];
                weights = new float[2 * most];
            }
        }
    }

    /**
     * @param parts how many workers' rows the table gets in the end
     * @param owners slot to worker, shared
     * @param errors place for each sample's, shared
     */
    FtrlShard(int worker, int workers, Ftrl spec, ParameterTable table, int parts, byte[] owners, float[] errors) {
        this.worker = worker;
        this.workers = workers;
        this.weight = FtrlWeight.of(spec);
        this.table = table;
        this.tableParts = parts;
        this.ftrl = new FtrlBatch(table, spec);
        this.audited = table.layout().audited();
        this.lastUpdate = table.layout().lastUpdate();
        this.numberRows = new MergedRows(0, lastUpdate >= 0);
        this.often = new MergedRows(OFTEN, lastUpdate >= 0);
        this.pattern = new SlotPattern(owners, worker, this::indexOfNumber);
        this.errors = errors;
        this.parts = new float[errors.length];
        this.ownErrors = new float[errors.length];
        this.logits = new float[errors.length];
        this.tails = new double[errors.length];
        this.numbers = new Features(errors.length);
        this.others = new Features(errors.length);
    }

    private int indexOfNumber(long key) {
        for (int i = 0; i < numberRows.rows(); i++) {
            if (numberRows.keys()[i] == key) {
                return i;
            }
        }
        return table.findOrInsert(key) == ParameterTable.MISSING ? -1 : numberRows.append(key);
    }

    int worker() {
        return worker;
    }

    ParameterTable table() {
        return table;
    }

    BulkMetrics metrics() {
        return metrics;
    }

    /** That so many samples are to be expected in all, more or less. */
    void expect(long all) {
        growth.expect(all);
    }

    /** Seen so far, refused ones too. */
    long samples() {
        return samples;
    }

    /** Of its share: not learned, since their gradient is not finite. */
    long refused() {
        return refused;
    }

    /** Of the samples of its share that were learned. */
    long idSum() {
        return idSum;
    }

    // ---- forward ----

    void forward(SampleBlock block, int from, int to) {
        gather(block, from, to);
        findRows();
        weigh(to - from);
    }

    private void gather(SampleBlock block, int from, int to) {
        int most = block.offset(to) - block.offset(from);
        numbers.clear(most);
        others.clear(most);
        cold.clear(most);
        often.room(most);
        boolean uniform = block.isUniform();
        for (int i = from; i < to; i++) {
            int start = block.offset(i);
            int count = block.offset(i + 1) - start;
            touched += touchAhead(block, start, count);
            if (i == from || !uniform) {
                pattern.follow(block, start, count);
            }
            numbers.size = pattern.numbers(block, start, numbers.indexes, numbers.values, numbers.size);
            numbers.ends[i - from] = numbers.size;
            gatherOthers(block, start);
            others.ends[i - from] = others.size;
        }
    }

    /**
     * Reads a word of each cache line of a sample some samples ahead, so that they are here when it comes: a processor's own
     * prefetch ends at each page.
     */
    private static long touchAhead(SampleBlock block, int start, int count) {
        int first = start + TOUCH_AHEAD;
        int end = Math.min(first + count, block.offset(block.size()));
        long sum = 0;
        for (int f = first; f < end; f += LONGS_A_LINE) {
            sum += block.featureId(f);
        }
        for (int f = first; f < end; f += 2 * LONGS_A_LINE) {
            sum += Float.floatToRawIntBits(block.featureValue(f));
        }
        return sum;
    }

    private void gatherOthers(SampleBlock block, int start) {
        int size = others.size;
        int colds = cold.size;
        long[] keys = often.keys();
        for (int k = 0; k < pattern.others(); k++) {
            int f = start + pattern.placeOfOther(k);
            long key = block.featureId(f);
            int place = (int) key & (OFTEN - 1);
            // Whether it is here cannot be predicted: sums, not branches.
            long difference = keys[place] ^ key;
            int isCold = (int) ((difference | -difference) >>> (Long.SIZE - 1));
            others.indexes[size] = place + isCold * (OFTEN + colds - place);
            others.values[size++] = block.featureValue(f);
            cold.keys[colds] = key;
            colds += isCold;
        }
        others.size = size;
        cold.size = colds;
    }

    private void findRows() {
        if (table.size() + cold.size > room) {
            // No growth among them: rows hold until all are updated.
            long all = table.size() + growth.rowsToCome(table.size(), samples);
            long more = Math.max(cold.size, tableParts * all - table.size());
            table.reserve(more);
            room = table.size() + more;
        }
        for (int from = 0; from < cold.size; from += ParameterTable.CHUNK) {
            int n = Math.min(ParameterTable.CHUNK, cold.size - from);
            table.findOrInsertAll(cold.keys, from, n, chunk);
            System.arraycopy(chunk, 0, cold.rows, from, n);
        }
        // One for which there is no room weighs what a new one does.
        table.getPairs(cold.rows, 0, cold.size, RowLayout.Z, cold.places, cold.z, cold.n);
    }

    private void weigh(int count) {
        weight.of(cold.z, cold.n, cold.weights, cold.size);
        System.arraycopy(cold.weights, 0, often.weights, OFTEN, cold.size);
        int number = 0;
        int other = 0;
        for (int i = 0; i < count; i++) {
            float sum = 0;
            for (; number < numbers.ends[i]; number++) {
                sum += numberRows.weights[numbers.indexes[number]] * numbers.values[number];
            }
            for (; other < others.ends[i]; other++) {
                sum += often.weights[others.indexes[other]] * others.values[other];
            }
            parts[i] = sum;
        }
    }

    // ---- between ----

    /**
     * Of this worker's share of the samples.
     *
     * @param all whose parts make the logits
     */
    void errors(SampleBlock block, int from, int to, FtrlShard[] all) {
        int count = to - from;
        int first = count * worker / workers;
        int end = count * (worker + 1) / workers;
        addUp(all, first, end);
        long ids = 0;
        for (int i = first; i < end; i++) {
            float z = logits[i];
            float label = block.label(from + i);
            float keepRate = block.keepRate(from + i);
            double tail = Math.exp(-Math.abs(z));
            float p = keepRate == 1 ? sigmoid(z, tail) : sigmoid(z - (float) Math.log(keepRate));
            float error = (p - label) * (float) SampleWeights.of(block, from + i, z);
            boolean isLearned = Float.isFinite(error);
            errors[i] = isLearned ? error : Float.NaN;
            tails[i] = isLearned ? tail : Double.NaN;
            ids += isLearned ? block.sampleId(from + i) : 0;
        }
        idSum += ids;
        refused += end - first - metrics.addLogits(block, from, logits, tails, first, end);
        samples += count;
    }

    /** A loop of its own: lines that another core wrote are slow to come, and here they come side by side. */
    private void addUp(FtrlShard[] all, int first, int end) {
        Arrays.fill(logits, first, end, 0f);
        for (FtrlShard shard : all) {
            float[] theirs = shard.parts;
            for (int i = first; i < end; i++) {
                logits[i] += theirs[i];
            }
        }
    }

    private static float sigmoid(float z) {
        return sigmoid(z, Math.exp(-Math.abs(z)));
    }

    /** @param tail exp(−|z|) */
    private static float sigmoid(float z, double tail) {
        return (float) (z >= 0 ? 1 / (1 + tail) : tail / (1 + tail));
    }

    // ---- backward ----

    void backward(SampleBlock block, int from, int to) {
        // At once, as in addUp.
        System.arraycopy(errors, 0, ownErrors, 0, to - from);
        add(numberRows, numbers, block, from, to);
        add(often, others, block, from, to);
        int second = lastUpdate < 0 ? 0 : latestSecond(block, from, to);
        numberRows.update(ftrl, second);
        often.update(ftrl, second);
        updateCold(second);
    }

    private void add(MergedRows rows, Features features, SampleBlock block, int from, int to) {
        int next = 0;
        for (int i = 0; i < to - from; i++) {
            float error = ownErrors[i];
            int first = next;
            next = features.ends[i];
            if (Float.isNaN(error)) {
                continue;
            }
            for (int f = first; f < next; f++) {
                rows.add(features.indexes[f], error * features.values[f]);
            }
            for (int f = first; lastUpdate >= 0 && f < next; f++) {
                rows.note(features.indexes[f], block.sampleId(from + i));
            }
        }
    }

    /** One step after the other, since a key may be among them twice. */
    private void updateCold(int second) {
        for (int i = 0; i < cold.size; i++) {
            int at = OFTEN + i;
            if (cold.rows[i] != ParameterTable.MISSING
                    && ftrl.step(cold.rows[i], often.sums[at], often.squares[at])
                    && lastUpdate >= 0
                    && often.counts[at] > 0) {
                learned(cold.rows[i], often.counts[at], often.idSums[at], second);
            }
        }
        Arrays.fill(often.sums, OFTEN, OFTEN + cold.size, 0f);
        Arrays.fill(often.squares, OFTEN, OFTEN + cold.size, 0f);
        if (lastUpdate >= 0) {
            Arrays.fill(often.counts, OFTEN, OFTEN + cold.size, 0);
            Arrays.fill(often.idSums, OFTEN, OFTEN + cold.size, 0);
        }
        if (!oftenFull) {
            fillOften();
        }
    }

    /** Free places are taken by the first who come. */
    private void fillOften() {
        long[] keys = often.keys();
        for (int i = 0; i < cold.size; i++) {
            int place = (int) cold.keys[i] & (OFTEN - 1);
            long row = cold.rows[i];
            if (keys[place] == FeatureIds.NONE && row != ParameterTable.MISSING) {
                float w = weight.of(table.getFloat(row, RowLayout.Z), table.getFloat(row, RowLayout.N));
                often.take(place, cold.keys[i], table, row, w);
            }
        }
        oftenFull = samples > FILLED;
    }

    /** Gives the table all that it is to know. At the end. */
    void writeBack() {
        numberRows.writeBack(table, this::learned);
        often.writeBack(table, this::learned);
    }

    private static int latestSecond(SampleBlock block, int from, int to) {
        long latestMs = 0;
        for (int i = from; i < to; i++) {
            latestMs = Math.max(latestMs, block.eventTimeMs(i));
        }
        return RowLife.second(latestMs);
    }

    private void learned(long row, int count, long ids, int second) {
        if (audited) {
            table.setInt(row, RowLayout.UPDATES, table.getInt(row, RowLayout.UPDATES) + count);
            table.setLong(row, RowLayout.ID_SUM, table.getLong(row, RowLayout.ID_SUM) + ids);
        }
        if (lastUpdate >= 0 && Integer.compareUnsigned(table.getInt(row, lastUpdate), second) < 0) {
            table.setInt(row, lastUpdate, second);
        }
    }
}
