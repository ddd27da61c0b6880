package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.table.ParameterTable;
import org.jspecify.annotations.Nullable;

/**
 * A model with embeddings, minibatch by minibatch: its keys are merged, their rows found or born, then forward and
 * backward over all its samples, then one step of each row and of the layers. The state after it is that of: Σg and Σg² of
 * a key's samples for the wide weight (FTRL's steps one by one with the weight that they began with), one step against Σg
 * for its embedding, one against the mean gradient for the layers. Belongs to the thread that owns the table.
 */
final class NetworkStep implements Step {
    private final NetworkPass pass;
    private final Minibatch minibatch;
    private final @Nullable YoungRows young;
    private final BatchRows rows;
    private final float[] sums;
    private final DenseLayers layers;
    private final StageTimes times = new StageTimes();
    private final int most;

    NetworkStep(ModelSpec spec, ParameterTable table, RowLife life, Blas blas) {
        pass = new NetworkPass(spec, blas);
        minibatch = new Minibatch(spec, table, life);
        young = YoungRows.orNull(spec);
        rows = new BatchRows(spec, table, life, young);
        sums = new float[spec.network().dim()];
        layers = new DenseLayers(pass.network(), spec.network(), table);
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
        if (minibatch.collect(block, samples, from, to, predictions, rows::add) == 0) {
            return 0;
        }
        startNs = times.end(StageTimes.Stage.MERGE, startNs);
        rows.pull();
        pass.fill(minibatch, rows.keys());
        startNs = times.end(StageTimes.Stage.PULL, startNs);
        int learned = pass.compute(minibatch, block, samples, count, predictions, layers.values(), layers.gradient());
        startNs = times.end(StageTimes.Stage.COMPUTE, startNs);
        pass.scatter(
                minibatch,
                block,
                samples,
                predictions,
                rows.keys(),
                (i, first, z) -> observe(block, samples[minibatch.taken(i)], i, first, z));
        rows.push(touched);
        layers.step(learned);
        minibatch.observe(block, samples, predictions, touched);
        times.end(StageTimes.Stage.PUSH, startNs);
        return learned;
    }

    private void observe(SampleBlock block, int sample, int i, int from, float z) {
        if (young != null) {
            pass.batch().sums(i, sums);
            young.observe(block, sample, minibatch, i, from, rows, z, sums);
        }
    }
}
