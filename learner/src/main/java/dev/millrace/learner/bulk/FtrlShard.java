package dev.millrace.learner.bulk;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/** One worker's part of {@link ShardedFtrl}: the rows of its slots. Its own thread, but for {@code parts}. */
final class FtrlShard {
    private static final int MIN_ROOM = 1 << 14;

    private final int worker;
    private final int workers;
    private final float alpha;
    private final float beta;
    private final float l1;
    private final float l2;
    private final ParameterTable table;
    private final FtrlBatch ftrl;
    private final byte[] owners;
    private final boolean audited;
    private final boolean aged;
    private final BulkMetrics metrics = new BulkMetrics();
    private long[] keys = new long[1 << 12];
    private long[] rows = new long[1 << 12];
    private final long[] chunk = new long[ParameterTable.CHUNK];
    private float[] values = new float[1 << 12];
    private int[] samplesOf = new int[1 << 12];
    private int size;
    /** Σ w·x of this worker's features, by sample; two, used in turns. */
    private final float[][] parts;

    private final float[] errors;
    private int turn;
    /** Rows that the table has without growing. */
    private long room;

    private long samples;
    private long refused;
    private long idSum;

    /** @param owners slot to worker, shared */
    FtrlShard(int worker, int workers, Ftrl spec, ParameterTable table, byte[] owners, int most) {
        this.worker = worker;
        this.workers = workers;
        this.alpha = (float) spec.alpha();
        this.beta = (float) spec.beta();
        this.l1 = (float) spec.l1();
        this.l2 = (float) spec.l2();
        this.table = table;
        this.ftrl = new FtrlBatch(table, spec);
        this.owners = owners;
        this.audited = table.layout().audited();
        this.aged = table.layout().aged();
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

    void forward(SampleBlock block, int from, int to) {
        turn ^= 1;
        gather(block, from, to);
        findRows();
        weigh(to - from);
    }

    private void gather(SampleBlock block, int from, int to) {
        int most = block.offset(to) - block.offset(from);
        if (keys.length < most + 1) {
            keys = new long[2 * most];
            rows = new long[2 * most];
            values = new float[2 * most];
            samplesOf = new int[2 * most];
        }
        int n = 0;
        for (int i = from; i < to; i++) {
            int end = block.offset(i + 1);
            for (int f = block.offset(i); f < end; f++) {
                long id = block.featureId(f);
                keys[n] = id;
                values[n] = block.featureValue(f);
                samplesOf[n] = i - from;
                // Written always, kept where it is ours: no branch.
                n += owners[FeatureIds.slotOf(id)] == worker ? 1 : 0;
            }
        }
        size = n;
    }

    private void findRows() {
        if (table.size() + size > room) {
            // No growth among them: rows hold until all are updated.
            long more = Math.max(size, table.size() / 2 + MIN_ROOM);
            table.reserve(more);
            room = table.size() + more;
        }
        for (int from = 0; from < size; from += ParameterTable.CHUNK) {
            int n = Math.min(ParameterTable.CHUNK, size - from);
            table.findOrInsertAll(keys, from, n, chunk);
            System.arraycopy(chunk, 0, rows, from, n);
        }
    }

    private void weigh(int count) {
        float[] part = parts[turn];
        Arrays.fill(part, 0, count, 0f);
        for (int i = 0; i < size; i++) {
            long row = rows[i];
            if (row != ParameterTable.MISSING) {
                part[samplesOf[i]] +=
                        values[i] * weight(table.getFloat(row, RowLayout.Z), table.getFloat(row, RowLayout.N));
            }
        }
    }

    /** As {@code FtrlRows.weight}, in floats and with one division. */
    private float weight(float z, float n) {
        float s = Math.copySign(Math.max(Math.abs(z) - l1, 0f), z);
        return -alpha * s / (beta + (float) Math.sqrt(n) + alpha * l2);
    }

    /** @param all whose parts make the logits */
    void backward(SampleBlock block, int from, int to, FtrlShard[] all) {
        errors(block, from, to, all);
        for (int i = 0; i < size; i++) {
            int sample = samplesOf[i];
            float g = errors[sample] * values[i];
            long row = rows[i];
            if (Float.isNaN(g) || row == ParameterTable.MISSING) {
                continue;
            }
            if (ftrl.step(row, g, g * g)) {
                learned(row, block, from + sample);
            }
        }
    }

    private void learned(long row, SampleBlock block, int sample) {
        if (audited) {
            table.setInt(row, RowLayout.UPDATES, table.getInt(row, RowLayout.UPDATES) + 1);
            table.setLong(row, RowLayout.ID_SUM, table.getLong(row, RowLayout.ID_SUM) + block.sampleId(sample));
        }
        if (aged) {
            int field = table.layout().lastUpdate();
            int second = RowLife.second(block.eventTimeMs(sample));
            if (Integer.compareUnsigned(table.getInt(row, field), second) < 0) {
                table.setInt(row, field, second);
            }
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
            float error = (sigmoid(keepRate == 1 ? z : z - (float) Math.log(keepRate)) - label) * block.weight(i);
            errors[i - from] = error;
            if (!Float.isFinite(error)) {
                errors[i - from] = Float.NaN;
                refused++;
                continue;
            }
            idSum += block.sampleId(i);
            if (i % workers == worker) {
                metrics.addLogit(z, sigmoid(z), label);
            }
        }
        samples += to - from;
    }

    private static float sigmoid(float z) {
        return (float) (1 / (1 + Math.exp(-z)));
    }
}
