package dev.millrace.learner.remote.push;

import dev.millrace.ingest.spec.ModelSpec;
import org.jspecify.annotations.Nullable;

/** Makes the steps of a model's batches. Belongs to the worker's thread. */
public final class BatchSteps {
    private final ModelSpec spec;
    private final Routes routes;
    private final @Nullable NetworkWorker network;

    public BatchSteps(ModelSpec spec, Routes routes) {
        this.spec = spec;
        this.routes = routes;
        network = spec.network().isLinear() ? null : new NetworkWorker(spec);
    }

    /** Numbers the keys that the batch reads. O(features). */
    public BatchStep gather(SampleBatch batch) {
        return network == null
                ? MinibatchStep.gather(spec, batch, routes)
                : NetworkMinibatch.gather(network, batch, routes);
    }

    /** Samples of a batch at most, but for one record with more: a network's batch is its minibatch. */
    public int mostSamples() {
        return network == null ? Integer.MAX_VALUE : spec.network().batch();
    }
}
