package dev.millrace.learner.step;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.FtrlWeight;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/**
 * FTRL-Proximal logistic regression, one sample after the other (McMahan et al., KDD 2013, Algorithm 1). Per
 * coordinate: g = (p − y)·x; σ = (√(n+g²) − √n)/α; z += g − σ·w; n += g², in the form of {@link FtrlBatch}.
 *
 * <p>A sample kept at rate r is learned at σ(z − ln r), so that σ(z) is calibrated without r. A standardized number's
 * mean and variance follow after the sample (Welford 1962). Belongs to the thread that owns the table.
 */
public final class FtrlStep implements Step {
    /** Rows made among the samples that were looked up at once; beyond, keys are looked up again. A power of two. */
    private static final int MOST_BORN = 32;

    private final FtrlBatch ftrl;
    private final FtrlWeight weight;
    private final FtrlRows ftrlRows;
    private final LinearModel model;
    private final Loss loss;
    private final NumberRows numbers;
    private final ParameterTable table;
    private final RowLife life;
    private final UniformFtrl uniform;
    private final boolean standardizes;
    /** Of some samples at once, one after the other. */
    private long[] keys = new long[ParameterTable.CHUNK];

    private long[] rows = new long[ParameterTable.CHUNK];
    /** Of one sample's features: their rows as read, what they weigh, their gradients. */
    private float[] z = new float[ParameterTable.CHUNK];

    private float[] n = new float[ParameterTable.CHUNK];
    private float[] weights = new float[ParameterTable.CHUNK];
    private float[] gradients = new float[ParameterTable.CHUNK];
    /** Number of the sample that had a slot last. */
    private final int[] sampleOfSlot = new int[1 << Short.SIZE];

    private int sampleNumber;
    private final long[] chunk = new long[ParameterTable.CHUNK];
    /** The table when they were found: a row may have moved since. */
    private long movesThen;
    /** Keys that have got a row since. */
    private final long[] born = new long[MOST_BORN];

    private int births;

    /**
     * @param table of the spec's training layout
     * @param life of its rows
     */
    public FtrlStep(ModelSpec spec, ParameterTable table, RowLife life) {
        this.ftrl = new FtrlBatch(table, spec.optimizer());
        this.weight = FtrlWeight.of(spec.optimizer());
        this.ftrlRows = new FtrlRows(spec);
        this.model = new LinearModel(spec);
        this.loss = new Loss(spec.objective());
        this.numbers = new NumberRows(spec, table, life);
        this.table = table;
        this.life = life;
        this.uniform = new UniformFtrl(spec, ftrl, model, loss, table, life);
        this.standardizes = spec.slots().stream().anyMatch(Slot::standardize);
    }

    @Override
    public int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched) {
        if (uniform.canLearn(block)) {
            return uniform.learn(block, samples, count, predictions, touched);
        }
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
                z = new float[keys.length];
                n = new float[keys.length];
                weights = new float[keys.length];
                gradients = new float[keys.length];
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
        births = 0;
        movesThen = table.moves();
        return next;
    }

    /** Of the k-th key found: where its row is now. */
    private long row(int k) {
        long row = rows[k];
        if (row == ParameterTable.MISSING) {
            return births == 0 || !mayBeBorn(keys[k]) ? row : refind(k);
        }
        return table.moves() == movesThen || table.key(row) == keys[k] ? row : refind(k);
    }

    private boolean mayBeBorn(long key) {
        for (int i = 0; i < Math.min(births, MOST_BORN); i++) {
            if (born[i] == key) {
                return true;
            }
        }
        return births > MOST_BORN;
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
        float logit = standardizes ? standardizedLogit(block, start, features, at) : logit(block, start, features, at);
        double p = loss.predicted(logit, block.keepRate(sample));
        double error = (p - block.label(sample)) * SampleWeights.of(block, sample, logit);
        if (!Double.isFinite(error)) {
            return Float.NaN;
        }
        for (int i = 0; i < features; i++) {
            gradients[i] = (float) (error * input(keys[at + i], block.featureValue(start + i)));
        }
        int second = RowLife.second(block.eventTimeMs(sample));
        long id = block.sampleId(sample);
        if (!standardizes && hasDistinctKeys(at, features) && ftrl.steps(z, n, gradients, features)) {
            for (int i = 0; i < features; i++) {
                store(at + i, i, id, second, touched);
            }
        } else {
            for (int i = 0; i < features; i++) {
                update(at + i, gradients[i], id, second, touched);
            }
        }
        if (standardizes) {
            observe(block, sample, at, second, touched);
        }
        return block.keepRate(sample) == 1 ? (float) p : model.output(logit);
    }

    /** Reads all rows of a sample, weighs them at once, and adds up as {@link UniformFtrl} does. */
    private float logit(SampleBlock block, int start, int features, int at) {
        for (int i = 0; i < features; i++) {
            long row = row(at + i);
            boolean there = row != ParameterTable.MISSING;
            z[i] = there ? table.getFloat(row, RowLayout.Z) : 0f;
            n[i] = there ? table.getFloat(row, RowLayout.N) : 0f;
        }
        weight.of(z, n, weights, features);
        for (int i = 0; i < features; i++) {
            weights[i] *= block.featureValue(start + i);
        }
        return UniformFtrl.sum(weights, features);
    }

    private float standardizedLogit(SampleBlock block, int start, int features, int at) {
        float logit = 0;
        for (int i = 0; i < features; i++) {
            long id = keys[at + i];
            logit += ftrlRows.weight(table, id, row(at + i)) * input(id, block.featureValue(start + i));
        }
        return logit;
    }

    private float input(long id, float value) {
        return standardizes ? model.input(id, value, numbers::weight) : value;
    }

    /** Whether no feature comes twice; also false when a slot's features do not stand together. O(features) mostly. */
    private boolean hasDistinctKeys(int at, int features) {
        sampleNumber++;
        int run = at;
        for (int k = at; k < at + features; k++) {
            int slot = FeatureIds.slotOf(keys[k]);
            if (k > at && slot == FeatureIds.slotOf(keys[run])) {
                for (int before = run; before < k; before++) {
                    if (keys[before] == keys[k]) {
                        return false;
                    }
                }
            } else if (sampleOfSlot[slot] == sampleNumber) {
                return false;
            } else {
                sampleOfSlot[slot] = sampleNumber;
                run = k;
            }
        }
        return true;
    }

    /** Writes the i-th row of a sample, as it was stepped. */
    private void store(int k, int i, long sampleId, int second, Touched touched) {
        long row = rowToChange(k);
        if (row != ParameterTable.MISSING) {
            table.setFloat(row, RowLayout.Z, z[i]);
            table.setFloat(row, RowLayout.N, n[i]);
            life.learned(row, 1, sampleId, second);
            touched.key(keys[k]);
        }
    }

    private void update(int k, float g, long sampleId, int second, Touched touched) {
        // A row must not be made for a gradient that it cannot take.
        if (!Float.isFinite(g * g)) {
            return;
        }
        long row = rowToChange(k);
        if (row != ParameterTable.MISSING && ftrl.step(row, g, g * g)) {
            life.learned(row, 1, sampleId, second);
            touched.key(keys[k]);
        }
    }

    /** Of the k-th key found: its row, a new one if it is its time. */
    private long rowToChange(int k) {
        long row = row(k);
        if (row == ParameterTable.MISSING) {
            rows[k] = life.rowFor(keys[k], 1);
            if (rows[k] != ParameterTable.MISSING) {
                born[births & (MOST_BORN - 1)] = keys[k];
                births++;
            }
            return rows[k];
        }
        table.willChange(row);
        return row;
    }

    private void observe(SampleBlock block, int sample, int at, int second, Touched touched) {
        int start = block.offset(sample);
        for (int i = 0; i < block.offset(sample + 1) - start; i++) {
            if (model.isStandardized(keys[at + i])) {
                numbers.observe(keys[at + i], block.featureValue(start + i), block.sampleId(sample), second, touched);
            }
        }
    }
}
