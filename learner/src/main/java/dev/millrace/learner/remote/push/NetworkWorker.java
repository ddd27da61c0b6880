package dev.millrace.learner.remote.push;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.KeyGradients;
import dev.millrace.learner.step.Minibatch;
import dev.millrace.learner.step.NetworkPass;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Fields;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a worker needs to learn batches of a network, one after the other, and keeps between them. One thread. */
final class NetworkWorker {
    final ModelSpec spec;
    final LinearModel inputs;
    final NetworkPass pass;
    final Fields fields;
    final Minibatch minibatch;
    final KeyGradients gradients;
    /** Of the layers, summed over a batch's samples. */
    final float[] layerGradient;

    private @Nullable NetworkMinibatch current;

    NetworkWorker(ModelSpec spec) {
        this.spec = spec;
        inputs = new LinearModel(spec);
        pass = new NetworkPass(spec, Blas.forLearning());
        fields = pass.network().fields();
        minibatch = new Minibatch(spec, key -> Objects.requireNonNull(current).weight(key));
        gradients = new KeyGradients(spec.network().dim());
        layerGradient = new float[pass.network().denseRows() * spec.network().dim()];
    }

    /** Whose weights its numbers enter with. */
    void turnOf(NetworkMinibatch step) {
        current = step;
    }

    boolean isEmbedded(long key) {
        return fields.of(key) != Fields.WIDE_ONLY;
    }

    /** Floats that a shard answers for a key: its weight, and the vector where it has an embedding. */
    int width(long key) {
        return isEmbedded(key) ? 1 + spec.network().dim() : 1;
    }
}
