package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.ParameterTable;
import java.util.Arrays;

/**
 * FTRL-Proximal logistic regression, one sample after the other (McMahan et al., KDD 2013, Algorithm 1). Per
 * coordinate: g = (p − y)·x; σ = (√(n+g²) − √n)/α; z += g − σ·w; n += g², in the form of {@link FtrlBatch}.
 *
 * <p>A sample kept at rate r is learned at σ(z − ln r), so that σ(z) is calibrated without r. A standardized number's
 * mean and variance follow after the sample (Welford 1962). Belongs to the thread that owns the table.
 */
public final class FtrlStep implements Step {
    private final FtrlBatch ftrl;
    private final FtrlRows ftrlRows;
    private final LinearModel model;
    private final Loss loss;
    private final NumberRows numbers;
    private final ParameterTable table;
    private final RowLife life;
    private final boolean standardizes;
    /** Of some samples at once, one after the other. */
    private long[] keys = new long[ParameterTable.CHUNK];

    private long[] rows = new long[ParameterTable.CHUNK];
    private final long[] chunk = new long[ParameterTable.CHUNK];
    /** The table when they were found: a row may have come or moved since. */
    private long sizeThen;

    private long movesThen;

    /**
     * @param table of the spec's training layout
     * @param life of its rows
     */
    public FtrlStep(ModelSpec spec, ParameterTable table, RowLife life) {
        this.ftrl = new FtrlBatch(table, spec.optimizer());
        this.ftrlRows = new FtrlRows(spec);
        this.model = new LinearModel(spec);
        this.loss = new Loss(spec.objective());
        this.numbers = new NumberRows(spec, table, life);
        this.table = table;
        this.life = life;
        this.standardizes = spec.slots().stream().anyMatch(Slot::standardize);
    }

    @Override
    public int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched) {
        int learned = 0;
        int next = 0;
        while (next < count) {
            int first = next;
            next = find(block, samples, first, count);
            int at = 0;
            for (int i = first; i < next; i++) {
                predictions[i] = learn(block, samples[i], at, touched);
                learned += Float.isNaN(predictions[i]) ? 0 : 1;
                at += block.offset(samples[i] + 1) - block.offset(samples[i]);
            }
        }
        return learned;
    }

    /**
     * Finds the rows of the next samples' features, their cache misses overlapping: of as many samples as a chunk of
     * keys holds, of one at least.
     *
     * @return one beyond the last of these samples
     */
    private int find(SampleBlock block, int[] samples, int first, int count) {
        int size = 0;
        int next = first;
        do {
            int sample = samples[next];
            int features = block.offset(sample + 1) - block.offset(sample);
            if (size + features > keys.length) {
                keys = Arrays.copyOf(keys, 2 * (size + features));
                rows = Arrays.copyOf(rows, keys.length);
            }
            for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
                keys[size++] = block.featureId(f);
            }
            next++;
        } while (next < count
                && size + block.offset(samples[next] + 1) - block.offset(samples[next]) <= ParameterTable.CHUNK);
        for (int from = 0; from < size; from += ParameterTable.CHUNK) {
            int n = Math.min(ParameterTable.CHUNK, size - from);
            table.findAll(keys, from, n, chunk);
            System.arraycopy(chunk, 0, rows, from, n);
        }
        sizeThen = table.size();
        movesThen = table.moves();
        return next;
    }

    /** Of the k-th key found: where its row is now. */
    private long row(int k) {
        long row = rows[k];
        if (row == ParameterTable.MISSING) {
            return table.size() == sizeThen ? row : refind(k);
        }
        return table.moves() == movesThen || table.key(row) == keys[k] ? row : refind(k);
    }

    private long refind(int k) {
        rows[k] = table.find(keys[k]);
        return rows[k];
    }

    /** Every row is in the table at once. */
    @Override
    public void flush(Touched touched) {}

    /**
     * One sample, O(features): its probability before; NaN, and nothing changed, when its gradient is not finite.
     *
     * @param at where its keys begin
     */
    private float learn(SampleBlock block, int sample, int at, Touched touched) {
        int start = block.offset(sample);
        int features = block.offset(sample + 1) - start;
        float z = 0;
        for (int i = 0; i < features; i++) {
            long id = keys[at + i];
            z += ftrlRows.weight(table, id, row(at + i)) * input(id, block.featureValue(start + i));
        }
        double p = loss.predicted(z, block.keepRate(sample));
        double error = (p - block.label(sample)) * SampleWeights.of(block, sample, z);
        if (!Double.isFinite(error)) {
            return Float.NaN;
        }
        int second = RowLife.second(block.eventTimeMs(sample));
        for (int i = 0; i < features; i++) {
            float g = (float) (error * input(keys[at + i], block.featureValue(start + i)));
            update(at + i, g, block.sampleId(sample), second, touched);
        }
        if (standardizes) {
            for (int i = 0; i < features; i++) {
                if (model.isStandardized(keys[at + i])) {
                    float x = block.featureValue(start + i);
                    numbers.observe(keys[at + i], x, block.sampleId(sample), second, touched);
                }
            }
        }
        return block.keepRate(sample) == 1 ? (float) p : model.output(z);
    }

    private float input(long id, float value) {
        return standardizes ? model.input(id, value, numbers::weight) : value;
    }

    private void update(int k, float g, long sampleId, int second, Touched touched) {
        // A row must not be made for a gradient that it cannot take.
        if (!Float.isFinite(g * g)) {
            return;
        }
        long row = row(k);
        if (row == ParameterTable.MISSING) {
            row = life.rowFor(keys[k], 1);
            if (row == ParameterTable.MISSING) {
                return;
            }
            rows[k] = row;
        } else {
            table.willChange(row);
        }
        if (ftrl.step(row, g, g * g)) {
            life.learned(row, 1, sampleId, second);
            touched.key(keys[k]);
        }
    }
}
