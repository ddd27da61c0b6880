package dev.millrace.ps.network;

import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.kernel.Blas.Matrix;
import java.util.random.RandomGenerator;

/**
 * The cross network of DCN-v2 (Wang et al. 2021) over x₀, the concatenated embeddings of D floats:
 * x_{l+1} = x₀ ⊙ (x_l·W_l + b_l) + x_l, and c·x_L to the output. Parameters, layer by layer: W [D, D], or of rank r
 * V [D, r] and U [r, D] with W = V·U; b [D]; at last c [D]. Matrices begin at N(0, 1/in), scaled so that W's entries
 * have variance 1/D; c at N(0, 1/D).
 */
final class CrossLayers implements Part {
    private final int width;
    private final int layers;
    private final int rank;
    private final int at;
    private final Blas blas;
    /** x_l of each layer but the first, and x_L; [capacity, D]. */
    private final float[][] x;
    /** x_l·W_l + b_l; [capacity, D]. */
    private final float[][] crossed;
    /** x_l·V_l; [capacity, r]. */
    private final float[][] narrow;

    private float[] up = {};
    private float[] inner = {};
    private float[] narrowGradient = {};

    CrossLayers(int width, int layers, int rank, int at, Blas blas) {
        this.width = width;
        this.layers = layers;
        this.rank = rank;
        this.at = at;
        this.blas = blas;
        x = new float[layers][0];
        crossed = new float[layers][0];
        narrow = new float[layers][0];
    }

    private int matrices() {
        return rank == 0 ? width * width : 2 * width * rank;
    }

    private int weights(int layer) {
        return at + layer * (matrices() + width);
    }

    @Override
    public int parameters() {
        return layers * (matrices() + width) + width;
    }

    @Override
    public void initialize(float[] dense, RandomGenerator random) {
        for (int layer = 0; layer < layers; layer++) {
            int w = weights(layer);
            int biases = w + matrices();
            if (rank == 0) {
                Draw.normal(dense, w, biases, Math.sqrt(1.0 / width), random);
            } else {
                Draw.normal(dense, w, w + width * rank, Math.sqrt(1.0 / width), random);
                Draw.normal(dense, w + width * rank, biases, Math.sqrt(1.0 / rank), random);
            }
            java.util.Arrays.fill(dense, biases, biases + width, 0f);
        }
        int c = weights(layers);
        Draw.normal(dense, c, c + width, Math.sqrt(1.0 / width), random);
    }

    @Override
    public void forward(Batch batch, float[] dense) {
        int n = batch.size();
        reserve(n);
        float[] x0 = batch.embedded;
        float[] below = x0;
        for (int layer = 0; layer < layers; layer++) {
            product(n, below, dense, layer);
            int biases = weights(layer) + matrices();
            float[] u = crossed[layer];
            float[] above = x[layer];
            for (int i = 0; i < n; i++) {
                int row = i * width;
                for (int j = 0; j < width; j++) {
                    u[row + j] += dense[biases + j];
                    above[row + j] = Math.fma(x0[row + j], u[row + j], below[row + j]);
                }
            }
            below = above;
        }
        int c = weights(layers);
        for (int i = 0; i < n; i++) {
            batch.outputs[i] += Sums.dot(below, i * width, dense, c, width);
        }
    }

    private void reserve(int n) {
        if (up.length < n * width) {
            up = new float[n * width];
            inner = new float[n * width];
            narrowGradient = new float[n * rank];
            for (int layer = 0; layer < layers; layer++) {
                x[layer] = new float[n * width];
                crossed[layer] = new float[n * width];
                narrow[layer] = new float[n * rank];
            }
        }
    }

    private void product(int n, float[] below, float[] dense, int layer) {
        int w = weights(layer);
        Matrix in = new Matrix(below, 0, width);
        Matrix out = new Matrix(crossed[layer], 0, width);
        if (rank == 0) {
            blas.multiply(n, width, width, in, new Matrix(dense, w, width), out, false);
        } else {
            Matrix t = new Matrix(narrow[layer], 0, rank);
            blas.multiply(n, rank, width, in, new Matrix(dense, w, rank), t, false);
            blas.multiply(n, width, rank, t, new Matrix(dense, w + width * rank, width), out, false);
        }
    }

    @Override
    public void backward(Batch batch, float[] dense, float[] gradient) {
        int n = batch.size();
        last(batch, dense, gradient);
        float[] x0 = batch.embedded;
        for (int layer = layers - 1; layer >= 0; layer--) {
            for (int i = 0; i < n * width; i++) {
                inner[i] = up[i] * x0[i];
                batch.embeddedGradients[i] = Math.fma(up[i], crossed[layer][i], batch.embeddedGradients[i]);
            }
            Sums.columns(inner, n, width, gradient, weights(layer) + matrices());
            matrices(n, layer == 0 ? x0 : x[layer - 1], layer, dense, gradient);
        }
        for (int i = 0; i < n * width; i++) {
            batch.embeddedGradients[i] += up[i];
        }
    }

    /** Gradients of a layer's matrices, and what goes on below it, into {@code up}. */
    private void matrices(int n, float[] below, int layer, float[] dense, float[] gradient) {
        int w = weights(layer);
        Matrix d = new Matrix(inner, 0, width);
        Matrix in = new Matrix(below, 0, width);
        Matrix to = new Matrix(up, 0, width);
        if (rank == 0) {
            blas.multiply(width, width, n, in.transpose(), d, new Matrix(gradient, w, width), false);
            blas.multiply(n, width, width, d, new Matrix(dense, w, width).transpose(), to, true);
            return;
        }
        int second = w + width * rank;
        Matrix t = new Matrix(narrow[layer], 0, rank);
        Matrix dt = new Matrix(narrowGradient, 0, rank);
        blas.multiply(rank, width, n, t.transpose(), d, new Matrix(gradient, second, width), false);
        blas.multiply(n, rank, width, d, new Matrix(dense, second, width).transpose(), dt, false);
        blas.multiply(width, rank, n, in.transpose(), dt, new Matrix(gradient, w, rank), false);
        blas.multiply(n, width, rank, dt, new Matrix(dense, w, rank).transpose(), to, true);
    }

    private void last(Batch batch, float[] dense, float[] gradient) {
        int c = weights(layers);
        float[] top = x[layers - 1];
        java.util.Arrays.fill(gradient, c, c + width, 0f);
        for (int i = 0; i < batch.size(); i++) {
            float dz = batch.outputGradients[i];
            for (int j = 0; j < width; j++) {
                gradient[c + j] = Math.fma(dz, top[i * width + j], gradient[c + j]);
                up[i * width + j] = dz * dense[c + j];
            }
        }
    }
}
