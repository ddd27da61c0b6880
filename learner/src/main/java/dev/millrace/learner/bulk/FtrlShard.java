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
    private static final int MIN_ROOM = 1 << 16;

    private final int worker;
    private final int workers;
    private final FtrlWeight weight;
    private final ParameterTable table;
    private final FtrlBatch ftrl;
    private final boolean audited;
    private final int lastUpdate;
    private final BulkMetrics metrics = new BulkMetrics();
    private final HotRows hot;
    private final SlotPattern pattern;
    private final Features numbers = new Features();
    private final Features others = new Features();
    private final long[] chunk = new long[ParameterTable.CHUNK];
    /** Σ w·x of this worker's features, by sample; two, used in turns. */
    private final float[][] parts;

    private final float[] errors;
    private int turn;
    /** Rows that the table has without growing. */
    private long room;

    private int found;
    private long samples;
    private long refused;
    private long idSum;

    /** Features of a minibatch, sample by sample. */
    private static final class Features {
        private int size;
        private int[] samples = new int[0];
        private float[] values = new float[0];
        /** Of numbers: which it is. */
        private int[] which = new int[0];
        /** Of others. */
        private long[] keys = new long[0];

        private long[] rows = new long[0];
        private float[] z = new float[0];
        private float[] n = new float[0];
        private float[] weights = new float[0];

        void clear(int most) {
            size = 0;
            if (values.length < most) {
                samples = new int[2 * most];
                values = new float[2 * most];
                which = new int[2 * most];
                keys = new long[2 * most];
                rows = new long[2 * most];
                z = new float[2 * most];
                n = new float[2 * most];
                weights = new float[2 * most];
            }
        }
    }

    /** @param owners slot to worker, shared */
    FtrlShard(int worker, int workers, Ftrl spec, ParameterTable table, byte[] owners, int most) {
        this.worker = worker;
        this.workers = workers;
        this.weight = FtrlWeight.of(spec);
        this.table = table;
        this.ftrl = new FtrlBatch(table, spec);
        this.audited = table.layout().audited();
        this.lastUpdate = table.layout().lastUpdate();
        this.hot = new HotRows(table);
        this.pattern = new SlotPattern(owners, worker, hot);
        this.parts = new float[2][most];
        this.errors = new float[most];
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

    /** Seen so far, refused ones too. */
    long samples() {
        return samples;
    }

    /** Not learned, since their gradient is not finite. */
    long refused() {
        return refused;
    }

    /** Of the samples that were learned. */
    long idSum() {
        return idSum;
    }

    // ---- forward ----

    void forward(SampleBlock block, int from, int to) {
        turn ^= 1;
        gather(block, from, to);
        findRows();
        weigh(to - from);
    }

    private void gather(SampleBlock block, int from, int to) {
        int most = block.offset(to) - block.offset(from);
        numbers.clear(most);
        others.clear(most);
        int ofNumbers = 0;
        int ofOthers = 0;
        for (int i = from; i < to; i++) {
            int start = block.offset(i);
            pattern.follow(block, start, block.offset(i + 1) - start);
            for (int k = 0; k < pattern.numbers(); k++) {
                numbers.samples[ofNumbers] = i - from;
                numbers.which[ofNumbers] = pattern.number(k);
                numbers.values[ofNumbers++] = block.featureValue(start + pattern.placeOfNumber(k));
            }
            for (int k = 0; k < pattern.others(); k++) {
                int f = start + pattern.placeOfOther(k);
                others.samples[ofOthers] = i - from;
                others.keys[ofOthers] = block.featureId(f);
                others.values[ofOthers++] = block.featureValue(f);
            }
        }
        numbers.size = ofNumbers;
        others.size = ofOthers;
    }

    private void findRows() {
        int most = others.size + hot.size();
        boolean grows = table.size() + most > room;
        if (grows) {
            // No growth among them: rows hold until all are updated.
            long more = Math.max(most, table.size() + MIN_ROOM);
            table.reserve(more);
            room = table.size() + more;
        }
        if (grows || hot.size() != found) {
            hot.find();
            found = hot.size();
        }
        for (int from = 0; from < others.size; from += ParameterTable.CHUNK) {
            int n = Math.min(ParameterTable.CHUNK, others.size - from);
            table.findOrInsertAll(others.keys, from, n, chunk);
            System.arraycopy(chunk, 0, others.rows, from, n);
        }
    }

    private void weigh(int count) {
        hot.begin(weight);
        float[] part = parts[turn];
        Arrays.fill(part, 0, count, 0f);
        for (int i = 0; i < numbers.size; i++) {
            part[numbers.samples[i]] += hot.weight(numbers.which[i]) * numbers.values[i];
        }
        for (int i = 0; i < others.size; i++) {
            long row = others.rows[i];
            boolean there = row != ParameterTable.MISSING;
            others.z[i] = there ? table.getFloat(row, RowLayout.Z) : 0f;
            others.n[i] = there ? table.getFloat(row, RowLayout.N) : 1f;
        }
        weight.of(others.z, others.n, others.weights, others.size);
        for (int i = 0; i < others.size; i++) {
            part[others.samples[i]] += others.weights[i] * others.values[i];
        }
    }

    // ---- backward ----

    /** @param all whose parts make the logits */
    void backward(SampleBlock block, int from, int to, FtrlShard[] all) {
        errors(block, from, to, all);
        for (int i = 0; i < numbers.size; i++) {
            int sample = numbers.samples[i];
            float g = errors[sample] * numbers.values[i];
            if (!Float.isNaN(g)) {
                hot.add(numbers.which[i], g, audited ? block.sampleId(from + sample) : 0);
            }
        }
        int second = lastUpdate < 0 ? 0 : latestSecond(block, from, to);
        hot.update(ftrl, (row, count, ids) -> learned(row, count, ids, second));
        for (int i = 0; i < others.size; i++) {
            int sample = others.samples[i];
            float g = errors[sample] * others.values[i];
            long row = others.rows[i];
            if (!Float.isNaN(g) && row != ParameterTable.MISSING && ftrl.step(row, g, g * g) && lastUpdate >= 0) {
                learned(row, 1, block.sampleId(from + sample), RowLife.second(block.eventTimeMs(from + sample)));
            }
        }
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

    private void errors(SampleBlock block, int from, int to, FtrlShard[] all) {
        for (int i = from; i < to; i++) {
            float z = 0;
            for (FtrlShard shard : all) {
                z += shard.parts[turn][i - from];
            }
            float label = block.label(i);
            float keepRate = block.keepRate(i);
            float corrected = keepRate == 1 ? z : z - (float) Math.log(keepRate);
            double e = Math.exp(-Math.abs(corrected));
            float p = (float) (corrected >= 0 ? 1 / (1 + e) : e / (1 + e));
            float error = (p - label) * (float) SampleWeights.of(block, i, z);
            if (!Float.isFinite(error)) {
                errors[i - from] = Float.NaN;
                refused++;
                continue;
            }
            errors[i - from] = error;
            idSum += block.sampleId(i);
            if ((i + from) % workers == worker) {
                note(z, p, keepRate, e, label);
            }
        }
        samples += to - from;
    }

    private void note(float z, float p, float keepRate, double e, float label) {
        if (keepRate == 1) {
            metrics.addLogit(z, p, e, label);
        } else {
            double own = Math.exp(-Math.abs(z));
            metrics.addLogit(z, (float) (z >= 0 ? 1 / (1 + own) : own / (1 + own)), own, label);
        }
    }
}
