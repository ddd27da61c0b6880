package dev.millrace.ps.network;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Network;
import dev.millrace.ps.kernel.Blas;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a spec's network computes: z = wide + its parts; with heads, one z each of them ({@link HeadMix}). The parameters of all layers are one array, cut into rows as long
 * as an embedding, which travel with the others. Forward is the same code for serving and for learning. One thread.
 */
public final class NetworkModel {
    private final Network network;
    private final Fields fields;
    private final List<Part> parts = new ArrayList<>();
    private final int heads;
    private final @Nullable HeadMix mix;
    private final int parameters;

    public NetworkModel(ModelSpec spec) {
        this(spec, Blas.best());
    }

    public NetworkModel(ModelSpec spec, Blas blas) {
        network = spec.network();
        heads = spec.heads().count();
        fields = new Fields(spec);
        int dim = network.dim();
        int inputs = fields.count() * dim;
        int at = 0;
        if (network.type().hasPairs()) {
            parts.add(new Pairs(fields.count(), dim));
        }
        if (network.type() == Network.Type.FWFM) {
            at += add(new FieldPairs(fields.count(), dim, at));
        }
        if (network.type() == Network.Type.DCN) {
            at += add(new CrossLayers(inputs, network.crossLayers(), network.crossRank(), at, blas));
        }
        if (network.type().isDeep()) {
            at += add(new Perceptron(inputs, network.hidden(), heads, at, blas));
        }
        mix = heads == 0 ? null : new HeadMix(heads, at);
        parameters = at + (mix == null ? 0 : mix.parameters());
    }

    private int add(Part part) {
        parts.add(part);
        return part.parameters();
    }

    public Fields fields() {
        return fields;
    }

    /** Floats of all layers. */
    public int parameters() {
        return parameters;
    }

    /** Rows that they are cut into; the last is filled up with zeros. */
    public int denseRows() {
        // A linear model has no layers, and rows of no width.
        return parameters == 0 ? 0 : Math.ceilDiv(parameters, network.dim());
    }

    /** All rows, as they are before anything is learned. */
    public float[] initialLayers() {
        float[] dense = new float[denseRows() * network.dim()];
        RandomGenerator random = new java.util.SplittableRandom(network.seed());
        for (Part part : parts) {
            part.initialize(dense, random);
        }
        if (mix != null) {
            mix.initialize(dense);
        }
        return dense;
    }

    public Batch newBatch() {
        return new Batch(fields.count(), network.dim(), heads);
    }

    /** Outputs of all samples. */
    public void forward(Batch batch, float[] dense) {
        System.arraycopy(batch.wide, 0, batch.outputs, 0, batch.size());
        for (Part part : parts) {
            part.forward(batch, dense);
        }
        if (mix != null) {
            mix.forward(batch, dense);
        }
    }

    /** What the wide part's sum is multiplied with in the first head's output: 1 without heads. */
    public float wideFactor(float[] dense) {
        return mix == null ? 1f : mix.factor(0, dense);
    }

    /**
     * Gradients of the embeddings, which lack the second term of {@link #pairsOfOne}, and of the layers.
     *
     * @param gradient as long as the parameters, receives their gradients, summed over the samples
     */
    public void backward(Batch batch, float[] dense, float[] gradient) {
        if (mix != null) {
            mix.backward(batch, dense, gradient);
        }
        Arrays.fill(batch.embeddedGradients, 0, batch.gradientAt(batch.size(), 0), 0f);
        for (Part part : parts) {
            part.backward(batch, dense, gradient);
        }
    }

    /** Whether a feature's pair with itself is left out, so that its gradient has −x²·v·∂loss/∂z beside its field's. */
    public boolean pairsOfOne() {
        return network.type().hasPairs();
    }
}
