package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Batch;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.table.ParameterTable;
import org.jspecify.annotations.Nullable;

/**
 * A model with embeddings, minibatch by minibatch: its keys are merged, their rows found or born, then forward and
 * backward over all its samples, then one step of each row and of the layers. The state after it is that of: Σg and Σg² of
 * a key's samples for the wide weight (FTRL's steps one by one with the weight that they began with), one step against Σg
 * for its embedding, one against the mean gradient for the layers. Belongs to the thread that owns the table.
 */
final class NetworkStep implements Step {
    private final LinearModel inputs;
    private final Loss loss;
    private final HeadLosses heads;
    private final NetworkModel network;
    private final Minibatch minibatch;
    private final Batch batch;
    private final @Nullable YoungRows young;
    private final BatchRows rows;
    private final float[] sums;
    private final DenseLayers layers;
    private final StageTimes times = new StageTimes();
    private final int most;
    private final int dim;

    NetworkStep(ModelSpec spec, ParameterTable table, RowLife life, Blas blas) {
        inputs = new LinearModel(spec);
        loss = new Loss(spec.objective());
        heads = new HeadLosses(spec);
        minibatch = new Minibatch(spec, table, life);
        network = new NetworkModel(spec, blas);
        batch = network.newBatch();
        dim = spec.network().dim();
        young = YoungRows.orNull(spec);
        rows = new BatchRows(spec, table, life, young);
        sums = new float[dim];
        layers = new DenseLayers(network, spec.network(), table);
        most = spec.network().batch();
    }

    @Override
    public int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched) {
        int learned = 0;
        for (int from = 0; from < count; from += most) {
            learned += minibatch(block, samples, from, Math.min(count, from + most), count, predictions, touched);
        }
        return learned;
    }

    @Override
    public StageTimes times() {
        return times;
    }

    @Override
    public void flush(Touched touched) {
        layers.flush(touched);
    }

    @Override
    public byte[] state() {
        return young == null ? Step.super.state() : young.toBytes();
    }

    @Override
    public void restore(byte[] state) {
        if (young != null && state.length > 0) {
            young.restore(state);
        }
    }

    private int minibatch(
            SampleBlock block, int[] samples, int from, int to, int count, float[] predictions, Touched touched) {
        long startNs = System.nanoTime();
        rows.begin();
        int n = minibatch.collect(block, samples, from, to, predictions, rows::add);
        if (n == 0) {
            return 0;
        }
        startNs = times.end(StageTimes.Stage.MERGE, startNs);
        rows.pull();
        fill(n);
        startNs = times.end(StageTimes.Stage.PULL, startNs);
        network.forward(batch, layers.values());
        int learned = gradients(block, samples, n, count, predictions);
        network.backward(batch, layers.values(), layers.gradient());
        startNs = times.end(StageTimes.Stage.COMPUTE, startNs);
        scatter(block, samples, n, predictions);
        rows.push(touched);
        layers.step(learned);
        minibatch.observe(block, samples, predictions, touched);
        times.end(StageTimes.Stage.PUSH, startNs);
        return learned;
    }

    private void fill(int n) {
        batch.begin(n);
        int width = 1 + dim;
        int f = 0;
        for (int i = 0; i < n; i++) {
            for (; f < minibatch.end(i); f++) {
                batch.add(i, minibatch.field(f), minibatch.value(f), rows.values(), minibatch.number(f) * width);
            }
        }
    }

    /** @return how many samples have a finite output; the others go on with a gradient of 0 */
    private int gradients(SampleBlock block, int[] samples, int n, int count, float[] predictions) {
        int learned = 0;
        for (int i = 0; i < n; i++) {
            int sample = samples[minibatch.taken(i)];
            float z = batch.output(i);
            if (heads.count() > 0) {
                boolean finite = heads.gradients(block, sample, batch, i);
                heads.predictions(batch, i, finite, predictions, minibatch.taken(i), count);
                learned += finite ? 1 : 0;
                continue;
            }
            double error = (loss.predicted(z, block.keepRate(sample)) - block.label(sample))
                    * SampleWeights.of(block, sample, z);
            boolean finite = Float.isFinite((float) error);
            batch.outputGradient(i, finite ? (float) error : 0f);
            predictions[minibatch.taken(i)] = finite ? inputs.output(z) : Float.NaN;
            learned += finite ? 1 : 0;
        }
        return learned;
    }

    private void scatter(SampleBlock block, int[] samples, int n, float[] predictions) {
        int f = 0;
        boolean pairsOfOne = network.pairsOfOne();
        for (int i = 0; i < n; i++) {
            int sample = samples[minibatch.taken(i)];
            float dz = batch.outputGradient(i);
            int second = RowLife.second(block.eventTimeMs(sample));
            if (Float.isNaN(predictions[minibatch.taken(i)])) {
                f = minibatch.end(i);
            } else if (young != null) {
                batch.sums(i, sums);
                young.observe(block, sample, minibatch, i, f, rows, batch.output(i), sums);
            }
            for (; f < minibatch.end(i); f++) {
                rows.learn(minibatch.number(f), dz * minibatch.value(f), block.sampleId(sample), second);
                if (minibatch.field(f) != Fields.WIDE_ONLY) {
                    int at = batch.gradientAt(i, minibatch.field(f));
                    float own = pairsOfOne ? -dz * minibatch.value(f) * minibatch.value(f) : 0f;
                    rows.addGradient(minibatch.number(f), minibatch.value(f), batch.embeddedGradients(), at, own);
                }
            }
        }
    }
}
