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
import java.util.Arrays;

/**
 * A model with embeddings, minibatch by minibatch: its keys are merged, their rows found or born, then forward and
 * backward over all its samples, then one step of each row and of the layers. The state after it is that of: Σg and Σg² of
 * a key's samples for the wide weight (FTRL's steps one by one with the weight that they began with), one step against Σg
 * for its embedding, one against the mean gradient for the layers. Belongs to the thread that owns the table.
 */
final class NetworkStep implements Step {
    private final LinearModel inputs;
    private final Loss loss;
    private final NumberRows numbers;
    private final NetworkModel network;
    private final Fields fields;
    private final Batch batch;
    private final BatchRows rows;
    private final DenseLayers layers;
    private final StageTimes times = new StageTimes();
    private final int most;
    private final int dim;

    /** Of each feature of the minibatch, one after the other: its key's number, what it enters as, its field. */
    private int[] numbersOf = new int[1024];

    private float[] values = new float[1024];
    private int[] fieldsOf = new int[1024];
    private int[] ends = new int[256];
    private int[] taken = new int[256];

    NetworkStep(ModelSpec spec, ParameterTable table, RowLife life, Blas blas) {
        inputs = new LinearModel(spec);
        loss = new Loss(spec.objective());
        numbers = new NumberRows(spec, table, life);
        network = new NetworkModel(spec, blas);
        fields = network.fields();
        batch = network.newBatch();
        dim = spec.network().dim();
        rows = new BatchRows(spec, table, life);
        layers = new DenseLayers(network, dim, new VectorUpdate(spec.network().dense()), table);
        most = spec.network().batch();
    }

    @Override
    public int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched) {
        int learned = 0;
        for (int from = 0; from < count; from += most) {
            learned += minibatch(block, samples, from, Math.min(count, from + most), predictions, touched);
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

    private int minibatch(SampleBlock block, int[] samples, int from, int to, float[] predictions, Touched touched) {
        long startNs = System.nanoTime();
        int n = collect(block, samples, from, to, predictions);
        if (n == 0) {
            return 0;
        }
        startNs = times.end(StageTimes.Stage.MERGE, startNs);
        rows.pull();
        fill(n);
        startNs = times.end(StageTimes.Stage.PULL, startNs);
        network.forward(batch, layers.values());
        int learned = gradients(block, samples, n, predictions);
        network.backward(batch, layers.values(), layers.gradient());
        startNs = times.end(StageTimes.Stage.COMPUTE, startNs);
        scatter(block, samples, n, predictions);
        rows.push(touched);
        layers.step(learned);
        observe(block, samples, n, predictions, touched);
        times.end(StageTimes.Stage.PUSH, startNs);
        return learned;
    }

    /** The features of all samples that have numbers that can be learned from. */
    private int collect(SampleBlock block, int[] samples, int from, int to, float[] predictions) {
        rows.begin();
        int n = 0;
        int at = 0;
        reserveSamples(to - from);
        for (int i = from; i < to; i++) {
            int sample = samples[i];
            predictions[i] = Float.NaN;
            if (!isFinite(block, sample)) {
                continue;
            }
            reserveFeatures(at + block.offset(sample + 1) - block.offset(sample));
            for (int f = block.offset(sample); f < block.offset(sample + 1); f++, at++) {
                long id = block.featureId(f);
                fieldsOf[at] = fields.of(id);
                numbersOf[at] = rows.add(id, fieldsOf[at]);
                values[at] = inputs.input(id, block.featureValue(f), numbers::weight);
            }
            taken[n] = i;
            ends[n++] = at;
        }
        return n;
    }

    private static boolean isFinite(SampleBlock block, int sample) {
        double sum = block.label(sample) * (double) block.weight(sample) + Math.log(block.keepRate(sample));
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            // The square of a gradient must be a finite float.
            sum += (double) block.featureValue(f) * block.featureValue(f);
        }
        return Float.isFinite((float) sum);
    }

    private void reserveSamples(int n) {
        if (ends.length < n) {
            ends = new int[n];
            taken = new int[n];
        }
    }

    private void reserveFeatures(int n) {
        if (values.length < n) {
            int room = Math.max(n, 2 * values.length);
            numbersOf = Arrays.copyOf(numbersOf, room);
            values = Arrays.copyOf(values, room);
            fieldsOf = Arrays.copyOf(fieldsOf, room);
        }
    }

    private void fill(int n) {
        batch.begin(n);
        int width = 1 + dim;
        int f = 0;
        for (int i = 0; i < n; i++) {
            for (; f < ends[i]; f++) {
                batch.add(i, fieldsOf[f], values[f], rows.values(), numbersOf[f] * width);
            }
        }
    }

    /** @return how many samples have a finite output; the others go on with a gradient of 0 */
    private int gradients(SampleBlock block, int[] samples, int n, float[] predictions) {
        int learned = 0;
        for (int i = 0; i < n; i++) {
            int sample = samples[taken[i]];
            float z = batch.output(i);
            double error = (loss.predicted(z, block.keepRate(sample)) - block.label(sample))
                    * SampleWeights.of(block, sample, z);
            boolean finite = Float.isFinite((float) error);
            batch.outputGradient(i, finite ? (float) error : 0f);
            predictions[taken[i]] = finite ? inputs.output(z) : Float.NaN;
            learned += finite ? 1 : 0;
        }
        return learned;
    }

    private void scatter(SampleBlock block, int[] samples, int n, float[] predictions) {
        int f = 0;
        boolean pairsOfOne = network.pairsOfOne();
        for (int i = 0; i < n; i++) {
            int sample = samples[taken[i]];
            float dz = batch.outputGradient(i);
            int second = RowLife.second(block.eventTimeMs(sample));
            if (Float.isNaN(predictions[taken[i]])) {
                f = ends[i];
            }
            for (; f < ends[i]; f++) {
                rows.learn(numbersOf[f], dz * values[f], block.sampleId(sample), second);
                if (fieldsOf[f] != Fields.WIDE_ONLY) {
                    int at = batch.gradientAt(i, fieldsOf[f]);
                    float own = pairsOfOne ? -dz * values[f] * values[f] : 0f;
                    rows.addGradient(numbersOf[f], values[f], batch.embeddedGradients(), at, own);
                }
            }
        }
    }

    private void observe(SampleBlock block, int[] samples, int n, float[] predictions, Touched touched) {
        for (int i = 0; i < n; i++) {
            int sample = samples[taken[i]];
            if (Float.isNaN(predictions[taken[i]])) {
                continue;
            }
            int second = RowLife.second(block.eventTimeMs(sample));
            for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
                if (inputs.isStandardized(block.featureId(f))) {
                    numbers.observe(block.featureId(f), block.featureValue(f), block.sampleId(sample), second, touched);
                }
            }
        }
    }
}
