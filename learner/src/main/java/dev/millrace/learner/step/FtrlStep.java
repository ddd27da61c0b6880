package dev.millrace.learner.step;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/**
 * FTRL-Proximal logistic regression, one sample after the other (McMahan et al., KDD 2013, Algorithm 1). Per
 * coordinate: g = (p − y)·x; σ = (√(n+g²) − √n)/α; z += g − σ·w; n += g².
 *
 * <p>A sample kept at rate r is learned at σ(z − ln r), so that σ(z) is calibrated without r. A standardized number's
 * mean and variance follow after the sample (Welford 1962). Belongs to the thread that owns the table.
 */
public final class FtrlStep implements Step {
    private final Ftrl ftrl;
    private final LinearModel model;
    private final Loss loss;
    private final NumberRows numbers;
    private final ParameterTable table;
    private final RowLife life;
    private final FeatureVector vector = new FeatureVector();

    /**
     * @param table of the spec's training layout
     * @param life of its rows
     */
    public FtrlStep(ModelSpec spec, ParameterTable table, RowLife life) {
        this.ftrl = spec.optimizer();
        this.model = new LinearModel(spec);
        this.loss = new Loss(spec.objective());
        this.numbers = new NumberRows(spec, table, life);
        this.table = table;
        this.life = life;
    }

    @Override
    public int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched) {
        int learned = 0;
        for (int i = 0; i < count; i++) {
            predictions[i] = learn(block, samples[i], touched);
            learned += Float.isNaN(predictions[i]) ? 0 : 1;
        }
        return learned;
    }

    /** Every row is in the table at once. */
    @Override
    public void flush(Touched touched) {}

    /** One sample, O(features): its probability before; NaN, and nothing changed, when its gradient is not finite. */
    private float learn(SampleBlock block, int sample, Touched touched) {
        vector.clear();
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            vector.add(block.featureId(f), block.featureValue(f));
        }
        float z = model.logit(vector, 0, vector.size(), 0f, numbers::weight);
        double p = loss.predicted(z, block.keepRate(sample));
        double error = (p - block.label(sample)) * SampleWeights.of(block, sample, z);
        if (!Double.isFinite(error)) {
            return Float.NaN;
        }
        int second = RowLife.second(block.eventTimeMs(sample));
        for (int i = 0; i < vector.size(); i++) {
            update(vector.id(i), vector.value(i), error, block.sampleId(sample), second, touched);
        }
        for (int i = 0; i < vector.size(); i++) {
            if (model.isStandardized(vector.id(i))) {
                numbers.observe(vector.id(i), vector.value(i), block.sampleId(sample), second, touched);
            }
        }
        return block.keepRate(sample) == 1 ? (float) p : model.output(z);
    }

    private void update(long id, float value, double error, long sampleId, int second, Touched touched) {
        double g = error * model.input(id, value, numbers::weight);
        // A row must not be made for a gradient that it cannot take.
        long row = Float.isFinite((float) (g * g)) ? life.rowFor(id, 1) : ParameterTable.MISSING;
        if (row == ParameterTable.MISSING) {
            return;
        }
        double z = table.getFloat(row, RowLayout.Z);
        double n = table.getFloat(row, RowLayout.N);
        double sigma = (Math.sqrt(n + g * g) - Math.sqrt(n)) / ftrl.alpha();
        float newZ = (float) (z + g - sigma * FtrlRows.weight(z, n, ftrl));
        float newN = (float) (n + g * g);
        if (Float.isFinite(newZ) && Float.isFinite(newN)) {
            table.setFloat(row, RowLayout.Z, newZ);
            table.setFloat(row, RowLayout.N, newN);
            life.learned(row, 1, sampleId, second);
            touched.key(id);
        }
    }
}
