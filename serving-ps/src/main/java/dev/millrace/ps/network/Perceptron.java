package dev.millrace.ps.network;

import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.kernel.Blas.Matrix;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Layers of max(0, x·W + b) over the concatenated embeddings, and a last one to a number without a bias, which the wide
 * part has; or to one for each head. Parameters, layer by layer: W [in, out], b [out]; at last w [width], head by head. W
 * begins at N(0, 2/in) (He et al. 2015), w at N(0, 1/width).
 */
final class Perceptron implements Part {
    private final int[] widths;
    private final int heads;
    private final int at;
    private final Blas blas;
    /** After each layer, [capacity, width]; and what reaches it from above. */
    private final float[][] activations;

    private final float[][] gradients;

    /**
     * @param inputs floats of a sample's embeddings
     * @param heads 0: one output
     */
    Perceptron(int inputs, List<Integer> hidden, int heads, int at, Blas blas) {
        this.heads = heads;
        widths = new int[hidden.size() + 1];
        widths[0] = inputs;
        for (int layer = 0; layer < hidden.size(); layer++) {
            widths[layer + 1] = hidden.get(layer);
        }
        this.at = at;
        this.blas = blas;
        activations = new float[hidden.size()][0];
        gradients = new float[hidden.size()][0];
    }

    private int layers() {
        return widths.length - 1;
    }

    /** Where a layer's W begins; its b follows. For {@code layers()}: where w does. */
    private int weights(int layer) {
        int place = at;
        for (int l = 0; l < layer; l++) {
            place += (widths[l] + 1) * widths[l + 1];
        }
        return place;
    }

    @Override
    public int parameters() {
        return weights(layers()) - at + outputs() * widths[layers()];
    }

    private int outputs() {
        return Math.max(1, heads);
    }

    @Override
    public void initialize(float[] dense, RandomGenerator random) {
        for (int layer = 0; layer < layers(); layer++) {
            int w = weights(layer);
            int biases = w + widths[layer] * widths[layer + 1];
            Draw.normal(dense, w, biases, Math.sqrt(2.0 / widths[layer]), random);
            java.util.Arrays.fill(dense, biases, biases + widths[layer + 1], 0f);
        }
        int w = weights(layers());
        Draw.normal(dense, w, w + outputs() * widths[layers()], Math.sqrt(1.0 / widths[layers()]), random);
    }

    @Override
    public void forward(Batch batch, float[] dense) {
        int n = batch.size();
        float[] below = batch.embedded;
        for (int layer = 0; layer < layers(); layer++) {
            int in = widths[layer];
            int out = widths[layer + 1];
            if (activations[layer].length < n * out) {
                activations[layer] = new float[n * out];
                gradients[layer] = new float[n * out];
            }
            int w = weights(layer);
            float[] above = activations[layer];
            blas.multiply(
                    n, out, in, new Matrix(below, 0, in), new Matrix(dense, w, out), new Matrix(above, 0, out), false);
            rectify(above, n, out, dense, w + in * out);
            below = above;
        }
        int width = widths[layers()];
        int w = weights(layers());
        for (int i = 0; i < n; i++) {
            if (heads == 0) {
                batch.outputs[i] += Sums.dot(below, i * width, dense, w, width);
            }
            for (int head = 0; head < heads; head++) {
                batch.headOutputs[i * heads + head] = Sums.dot(below, i * width, dense, w + head * width, width);
            }
        }
    }

    private static void rectify(float[] x, int n, int width, float[] dense, int biases) {
        for (int i = 0; i < n; i++) {
            int row = i * width;
            for (int j = 0; j < width; j++) {
                x[row + j] = Math.max(0f, x[row + j] + dense[biases + j]);
            }
        }
    }

    @Override
    public void backward(Batch batch, float[] dense, float[] gradient) {
        int n = batch.size();
        last(batch, dense, gradient);
        for (int layer = layers() - 1; layer >= 0; layer--) {
            int in = widths[layer];
            int out = widths[layer + 1];
            int w = weights(layer);
            float[] above = gradients[layer];
            gate(above, activations[layer], n * out);
            float[] below = layer == 0 ? batch.embedded : activations[layer - 1];
            Matrix d = new Matrix(above, 0, out);
            blas.multiply(in, out, n, new Matrix(below, 0, in).transpose(), d, new Matrix(gradient, w, out), false);
            Sums.columns(above, n, out, gradient, w + in * out);
            Matrix to = new Matrix(layer == 0 ? batch.embeddedGradients : gradients[layer - 1], 0, in);
            blas.multiply(n, in, out, d, new Matrix(dense, w, out).transpose(), to, layer == 0);
        }
    }

    /** Where nothing came through, nothing goes back. */
    private static void gate(float[] gradient, float[] activation, int count) {
        for (int i = 0; i < count; i++) {
            gradient[i] = activation[i] > 0 ? gradient[i] : 0f;
        }
    }

    private void last(Batch batch, float[] dense, float[] gradient) {
        int width = widths[layers()];
        int w = weights(layers());
        float[] top = activations[layers() - 1];
        float[] to = gradients[layers() - 1];
        java.util.Arrays.fill(gradient, w, w + outputs() * width, 0f);
        for (int i = 0; i < batch.size(); i++) {
            for (int head = 0; head < outputs(); head++) {
                float dz = heads == 0 ? batch.outputGradients[i] : batch.headGradients[i * heads + head];
                int own = w + head * width;
                for (int j = 0; j < width; j++) {
                    int x = i * width + j;
                    gradient[own + j] = Math.fma(dz, top[x], gradient[own + j]);
                    to[x] = head == 0 ? dz * dense[own + j] : Math.fma(dz, dense[own + j], to[x]);
                }
            }
        }
    }
}
