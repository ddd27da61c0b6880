package dev.millrace.ps.network;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * All pairs of features: Σ_{i&lt;j} ⟨vᵢ, vⱼ⟩·xᵢ·xⱼ = ½·(|Σ vᵢ·xᵢ|² − Σ |vᵢ|²·xᵢ²) (Rendle 2010). Of its gradient
 * xᵢ·S − vᵢ·xᵢ² the first term goes through the fields; the second is the learner's to add, feature by feature.
 */
final class Pairs implements Part {
    private final int fields;
    private final int dim;
    private float[] sums = {};

    Pairs(int fields, int dim) {
        this.fields = fields;
        this.dim = dim;
    }

    @Override
    public int parameters() {
        return 0;
    }

    @Override
    public void initialize(float[] dense, RandomGenerator random) {}

    @Override
    public void forward(Batch batch, float[] dense) {
        if (sums.length < batch.size() * dim) {
            sums = new float[batch.size() * dim];
        }
        Arrays.fill(sums, 0, batch.size() * dim, 0f);
        for (int i = 0; i < batch.size(); i++) {
            int to = i * dim;
            for (int field = 0; field < fields; field++) {
                int from = batch.gradientAt(i, field);
                for (int f = 0; f < dim; f++) {
                    sums[to + f] += batch.embedded[from + f];
                }
            }
            float square = 0;
            for (int f = 0; f < dim; f++) {
                square = Math.fma(sums[to + f], sums[to + f], square);
            }
            batch.outputs[i] += 0.5f * (square - batch.squares[i]);
        }
    }

    @Override
    public void backward(Batch batch, float[] dense, float[] gradient) {
        for (int i = 0; i < batch.size(); i++) {
            float dz = batch.outputGradients[i];
            for (int field = 0; field < fields; field++) {
                int to = batch.gradientAt(i, field);
                for (int f = 0; f < dim; f++) {
                    batch.embeddedGradients[to + f] = Math.fma(dz, sums[i * dim + f], batch.embeddedGradients[to + f]);
                }
            }
        }
    }
}
