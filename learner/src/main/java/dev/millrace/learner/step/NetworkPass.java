package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Batch;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;

/**
 * Forward and backward of one minibatch, wherever its rows are: from the values of its keys and layers to the gradients of
 * both. Reused; one thread.
 */
public final class NetworkPass {
    /** Told of each sample that is learned, once its output is known. */
    @FunctionalInterface
    interface Observer {
        /**
         * @param i which one of the minibatch
         * @param from its first feature there
         */
        void sample(int i, int from, float z);
    }

    private static final Observer NOBODY = (i, from, z) -> {};

    private final LinearModel inputs;
    private final Loss loss;
    private final HeadLosses heads;
    private final NetworkModel network;
    private final Batch batch;
    private final int width;

    public NetworkPass(ModelSpec spec, Blas blas) {
        inputs = new LinearModel(spec);
        loss = new Loss(spec.objective());
        heads = new HeadLosses(spec);
        network = new NetworkModel(spec, blas);
        batch = network.newBatch();
        width = 1 + spec.network().dim();
    }

    public NetworkModel network() {
        return network;
    }

    Batch batch() {
        return batch;
    }

    /**
     * Both at once.
     *
     * @param samples of the block, those that the minibatch was collected of
     * @param count how many were named then
     * @param keys with the values of all keys
     * @param layers values of the layers
     * @param gradient as long; receives their gradients' sum
     * @return how many have a finite gradient; the others leave none
     */
    public int learn(
            Minibatch minibatch,
            SampleBlock block,
            int[] samples,
            int count,
            float[] predictions,
            KeyGradients keys,
            float[] layers,
            float[] gradient) {
        fill(minibatch, keys);
        int learned = compute(minibatch, block, samples, count, predictions, layers, gradient);
        scatter(minibatch, block, samples, predictions, keys, NOBODY);
        return learned;
    }

    /** What the samples bring to their fields. */
    void fill(Minibatch minibatch, KeyGradients keys) {
        int n = minibatch.size();
        batch.begin(n);
        int f = 0;
        for (int i = 0; i < n; i++) {
            for (; f < minibatch.end(i); f++) {
                int at = minibatch.number(f) * width;
                batch.add(i, minibatch.field(f), minibatch.value(f), keys.values, at);
            }
        }
    }

    /** Outputs, their gradients, and those of layers and fields. */
    int compute(
            Minibatch minibatch,
            SampleBlock block,
            int[] samples,
            int count,
            float[] predictions,
            float[] layers,
            float[] gradient) {
        network.forward(batch, layers);
        int learned = outputs(minibatch, block, samples, count, predictions);
        network.backward(batch, layers, gradient);
        return learned;
    }

    /** @return how many samples have a finite output; the others go on with a gradient of 0 */
    private int outputs(Minibatch minibatch, SampleBlock block, int[] samples, int count, float[] predictions) {
        int learned = 0;
        for (int i = 0; i < minibatch.size(); i++) {
            int taken = minibatch.taken(i);
            int sample = samples[taken];
            float z = batch.output(i);
            if (heads.count() > 0) {
                boolean finite = heads.gradients(block, sample, batch, i);
                heads.predictions(batch, i, finite, predictions, taken, count);
                learned += finite ? 1 : 0;
                continue;
            }
            double error = (loss.predicted(z, block.keepRate(sample)) - block.label(sample))
                    * SampleWeights.of(block, sample, z);
            boolean finite = Float.isFinite((float) error);
            batch.outputGradient(i, finite ? (float) error : 0f);
            predictions[taken] = finite ? inputs.output(z) : Float.NaN;
            learned += finite ? 1 : 0;
        }
        return learned;
    }

    /** Gradients of the samples' features to their keys. */
    void scatter(
            Minibatch minibatch,
            SampleBlock block,
            int[] samples,
            float[] predictions,
            KeyGradients keys,
            Observer observer) {
        int f = 0;
        boolean pairsOfOne = network.pairsOfOne();
        for (int i = 0; i < minibatch.size(); i++) {
            int sample = samples[minibatch.taken(i)];
            float dz = batch.outputGradient(i);
            int second = RowLife.second(block.eventTimeMs(sample));
            if (Float.isNaN(predictions[minibatch.taken(i)])) {
                f = minibatch.end(i);
            } else {
                observer.sample(i, f, batch.output(i));
            }
            for (; f < minibatch.end(i); f++) {
                keys.learn(minibatch.number(f), dz * minibatch.value(f), block.sampleId(sample), second);
                if (minibatch.field(f) != Fields.WIDE_ONLY) {
                    int at = batch.gradientAt(i, minibatch.field(f));
                    float own = pairsOfOne ? -dz * minibatch.value(f) * minibatch.value(f) : 0f;
                    keys.addGradient(minibatch.number(f), minibatch.value(f), batch.embeddedGradients(), at, own);
                }
            }
        }
    }
}
