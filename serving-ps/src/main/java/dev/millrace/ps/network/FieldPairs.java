package dev.millrace.ps.network;

import java.util.random.RandomGenerator;

/**
 * Pairs of fields, each with a weight: Σ_{f&lt;g} r_fg·⟨V_f, V_g⟩ over the fields' pooled embeddings (Pan et al. 2018).
 * Parameters: r, [fields·(fields−1)/2], (0,1), (0,2), … (1,2), …; they begin at 1.
 */
final class FieldPairs implements Part {
    private final int fields;
    private final int dim;
    private final int at;

    FieldPairs(int fields, int dim, int at) {
        this.fields = fields;
        this.dim = dim;
        this.at = at;
    }

    @Override
    public int parameters() {
        return fields * (fields - 1) / 2;
    }

    @Override
    public void initialize(float[] dense, RandomGenerator random) {
        java.util.Arrays.fill(dense, at, at + parameters(), 1f);
    }

    @Override
    public void forward(Batch batch, float[] dense) {
        for (int i = 0; i < batch.size(); i++) {
            float z = 0;
            int pair = at;
            for (int a = 0; a < fields; a++) {
                for (int b = a + 1; b < fields; b++) {
                    z = Math.fma(dense[pair++], dot(batch, i, a, b), z);
                }
            }
            batch.outputs[i] += z;
        }
    }

    private float dot(Batch batch, int sample, int a, int b) {
        int left = batch.gradientAt(sample, a);
        int right = batch.gradientAt(sample, b);
        float sum = 0;
        for (int f = 0; f < dim; f++) {
            sum = Math.fma(batch.embedded[left + f], batch.embedded[right + f], sum);
        }
        return sum;
    }

    @Override
    public void backward(Batch batch, float[] dense, float[] gradient) {
        java.util.Arrays.fill(gradient, at, at + parameters(), 0f);
        for (int i = 0; i < batch.size(); i++) {
            float dz = batch.outputGradients[i];
            int pair = at;
            for (int a = 0; a < fields; a++) {
                for (int b = a + 1; b < fields; b++, pair++) {
                    gradient[pair] = Math.fma(dz, dot(batch, i, a, b), gradient[pair]);
                    float factor = dz * dense[pair];
                    spread(batch, batch.gradientAt(i, a), batch.gradientAt(i, b), factor);
                    spread(batch, batch.gradientAt(i, b), batch.gradientAt(i, a), factor);
                }
            }
        }
    }

    private void spread(Batch batch, int to, int from, float factor) {
        for (int f = 0; f < dim; f++) {
            batch.embeddedGradients[to + f] =
                    Math.fma(factor, batch.embedded[from + f], batch.embeddedGradients[to + f]);
        }
    }
}
