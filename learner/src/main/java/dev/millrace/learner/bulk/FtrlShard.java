package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.learner.step.SampleWeights;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlWeight;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/** One worker's part of {@link ShardedFtrl}: the rows of its slots. Its own thread, but for {@code parts}. */
final class FtrlShard {
    /** Rows kept beside the table, a power of two. */
    private static final int OFTEN = 1 << 11;

    /** Samples after which it is known what comes often. */
    private static final int SETTLED = 1 << 15;

    private static final int NONE = -1;

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
     * Of features that come often: each has one place, by its key's low bits, which are a hash. Behind them the minibatch's
     * other features.
     */
    private final MergedRows often;

    /** By place: features that had its key, less those that had another; until it is {@code settled}. */
    private final int[] votes = new int[OFTEN];

    private boolean settled;
    private final SlotPattern pattern;
    private Gathered now;
    /** Of the minibatch after, if that begins at {@code nextFrom} of the same block. */
    private Gathered next;

    private int nextFrom = NONE;
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
    private long samples;
    private long refused;
    private long idSum;

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
        this.now = new Gathered(errors.length);
        this.next = new Gathered(errors.length);
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
        if (from == nextFrom) {
            Gathered gathered = next;
            next = now;
            now = gathered;
        } else {
            now.fill(block, from, to, often, pattern);
        }
        nextFrom = NONE;
        findRows();
        weigh(to - from);
    }

    /**
     * Gathers what {@link #forward} of these samples needs, before waiting for the other workers: if who has a place is settled,
     * and no new number can be among them, whose row would move those of this minibatch.
     */
    void gatherAhead(SampleBlock block, int from, int to) {
        if (settled && from < to && block.isUniform()) {
            next.fill(block, from, to, often, pattern);
            nextFrom = from;
        }
    }

    private void findRows() {
        if (table.size() + now.cold > room) {
            // No growth among them: rows hold until all are updated.
            long all = table.size() + growth.rowsToCome(table.size(), samples);
            long more = Math.max(now.cold, tableParts * all - table.size());
            table.reserve(more);
            room = table.size() + more;
        }
        long moves;
        do {
            // Once, but for a growth that a number's row has begun.
            moves = table.moves();
            for (int from = 0; from < now.cold; from += ParameterTable.CHUNK) {
                int n = Math.min(ParameterTable.CHUNK, now.cold - from);
                table.findOrInsertAll(now.coldKeys, from, n, chunk);
                System.arraycopy(chunk, 0, now.coldRows, from, n);
            }
        } while (table.moves() != moves);
        // One for which there is no room weighs what a new one does.
        table.getPairs(now.coldRows, 0, now.cold, RowLayout.Z, now.coldPlaces, now.coldZ, now.coldN);
    }

    private void weigh(int count) {
        weight.of(now.coldZ, now.coldN, now.coldWeights, now.cold);
        System.arraycopy(now.coldWeights, 0, often.weights, OFTEN, now.cold);
        Gathered.Features numbers = now.numbers;
        Gathered.Features others = now.others;
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
        add(numberRows, now.numbers, block, from, to);
        add(often, now.others, block, from, to);
        int second = lastUpdate < 0 ? 0 : latestSecond(block, from, to);
        numberRows.update(ftrl, second);
        often.update(ftrl, second);
        updateCold(second);
    }

    private void add(MergedRows rows, Gathered.Features features, SampleBlock block, int from, int to) {
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
        for (int i = 0; i < now.cold; i++) {
            int at = OFTEN + i;
            if (now.coldRows[i] != ParameterTable.MISSING
                    && ftrl.step(now.coldRows[i], often.sums[at], often.squares[at])
                    && lastUpdate >= 0
                    && often.counts[at] > 0) {
                learned(now.coldRows[i], often.counts[at], often.idSums[at], second);
            }
        }
        Arrays.fill(often.sums, OFTEN, OFTEN + now.cold, 0f);
        Arrays.fill(often.squares, OFTEN, OFTEN + now.cold, 0f);
        if (lastUpdate >= 0) {
            Arrays.fill(often.counts, OFTEN, OFTEN + now.cold, 0);
            Arrays.fill(often.idSums, OFTEN, OFTEN + now.cold, 0);
        }
        if (!settled) {
            fillOften();
        }
    }

    /**
     * Who gets a place is whom most of its samples vote for (Boyer and Moore 1991): what comes rarely is outvoted, and has its
     * row in the table again.
     */
    private void fillOften() {
        int[] indexes = now.others.indexes;
        for (int i = 0; i < now.others.size(); i++) {
            if (indexes[i] < OFTEN) {
                votes[indexes[i]]++;
            }
        }
        long[] keys = often.keys();
        for (int i = 0; i < now.cold; i++) {
            long key = now.coldKeys[i];
            long row = now.coldRows[i];
            int place = (int) key & (OFTEN - 1);
            if (keys[place] == key) {
                votes[place]++;
            } else if (votes[place] > 0) {
                votes[place]--;
            } else if (row != ParameterTable.MISSING) {
                often.giveBack(place, table, this::learned);
                float w = weight.of(table.getFloat(row, RowLayout.Z), table.getFloat(row, RowLayout.N));
                often.take(place, key, table, row, w);
                votes[place] = 1;
            }
        }
        settled = samples > SETTLED;
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
