package dev.millrace.ps.network;

import java.util.Arrays;

/**
 * Samples on their way through a network: what they bring, what comes out, and the gradients of that.
 *
 * <pre>
 *  wide[i]              Σ wᵢ·xᵢ of all features
 *  embedded[i][field]   Σ xᵢ·vᵢ of the field's features, zeros when there are none     [capacity, fields · dim]
 *  squares[i]           Σ xᵢ²·|vᵢ|²
 *  outputs[i]           z; of a model with heads, what they share of it
 *  headOutputs[i][h]    z of each head, where there are some
 *  gradients            ∂loss/∂z, ∂loss/∂embedded
 * </pre>
 *
 * Grows, and is reused. Belongs to one thread.
 */
public final class Batch {
    private final int dim;
    private final int inputs;
    private final int heads;
    private int size;
    float[] wide = {};
    float[] squares = {};
    float[] embedded = {};
    float[] outputs = {};
    float[] outputGradients = {};
    float[] headOutputs = {};
    float[] headGradients = {};
    float[] embeddedGradients = {};

    /** @param heads 0: one output */
    Batch(int fields, int dim, int heads) {
        this.dim = dim;
        this.heads = heads;
        this.inputs = fields * dim;
    }

    /** Makes room for samples without features. */
    public void begin(int samples) {
        if (wide.length < samples) {
            wide = new float[samples];
            squares = new float[samples];
            outputs = new float[samples];
            outputGradients = new float[samples];
            headOutputs = new float[samples * heads];
            headGradients = new float[samples * heads];
            embedded = new float[samples * inputs];
            embeddedGradients = new float[samples * inputs];
        }
        size = samples;
        Arrays.fill(wide, 0, samples, 0f);
        Arrays.fill(squares, 0, samples, 0f);
        Arrays.fill(embedded, 0, samples * inputs, 0f);
    }

    /** Begins a sample with the features that another has so far. */
    public void copy(int from, int to) {
        wide[to] = wide[from];
        squares[to] = squares[from];
        System.arraycopy(embedded, from * inputs, embedded, to * inputs, inputs);
    }

    /**
     * Adds one feature of a sample.
     *
     * @param field of the feature, or {@link Fields#WIDE_ONLY}
     * @param x its value
     * @param rows its row, weight and vector, begins there at {@code at}
     */
    public void add(int sample, int field, float x, float[] rows, int at) {
        wide[sample] = Math.fma(rows[at], x, wide[sample]);
        if (field == Fields.WIDE_ONLY) {
            return;
        }
        int to = sample * inputs + field * dim;
        float sum = 0;
        for (int f = 0; f < dim; f++) {
            embedded[to + f] = Math.fma(x, rows[at + 1 + f], embedded[to + f]);
        }
        for (int f = 0; f < dim; f++) {
            sum = Math.fma(rows[at + 1 + f], rows[at + 1 + f], sum);
        }
        squares[sample] = Math.fma(x * x, sum, squares[sample]);
    }

    /** Σ of a sample's pooled embeddings over its fields. @param to [dim], receives it */
    public void sums(int sample, float[] to) {
        Arrays.fill(to, 0, dim, 0f);
        for (int at = sample * inputs; at < (sample + 1) * inputs; at += dim) {
            for (int f = 0; f < dim; f++) {
                to[f] += embedded[at + f];
            }
        }
    }

    public int size() {
        return size;
    }

    /** z, after {@link NetworkModel#forward}; of a model with heads, the first one's. */
    public float output(int sample) {
        return output(sample, 0);
    }

    public float output(int sample, int head) {
        return heads == 0 ? outputs[sample] : headOutputs[sample * heads + head];
    }

    /** To be set before {@link NetworkModel#backward}: ∂loss/∂z; of a model with heads, of the first one alone. */
    public void outputGradient(int sample, float gradient) {
        outputGradients[sample] = gradient;
        for (int head = 0; head < heads; head++) {
            headGradients[sample * heads + head] = head == 0 ? gradient : 0f;
        }
    }

    /** The same of each of a model's heads. */
    public void outputGradient(int sample, int head, float gradient) {
        headGradients[sample * heads + head] = gradient;
    }

    /** ∂loss/∂z; of a model with heads, of what they share, after {@link NetworkModel#backward}. */
    public float outputGradient(int sample) {
        return outputGradients[sample];
    }

    /** After {@link NetworkModel#backward}: ∂loss/∂embedded, [size, fields · dim]. The batch's own. */
    public float[] embeddedGradients() {
        return embeddedGradients;
    }

    /** Where the gradient of a sample's field begins in it. */
    public int gradientAt(int sample, int field) {
        return sample * inputs + field * dim;
    }
}
