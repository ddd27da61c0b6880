package dev.millrace.learner.remote.push;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.learner.step.KeyGradients;
import dev.millrace.ps.life.RowLife;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The worker's half of a minibatch of a model with embeddings: what the step in one process computes between reading rows
 * and changing them, by the same code. Weights, vectors and layers are those that were pulled; Σg, Σg² and Σ of the
 * vectors' gradients are merged by key, the layers' summed over the samples. One thread.
 */
public final class NetworkMinibatch implements BatchStep {
    private final NetworkWorker worker;
    private final SampleBatch batch;
    private final BatchKeys keys;
    private final SampleBlock block;
    private final int dim;
    /** Weight and vector of each key, by its number. */
    private final float[] values;

    private final float[] layers;
    private final MergedGradients means;
    private KeyRows rows = KeyRows.NONE;
    private float[] layerGradient = {};
    private int learned;
    private int refused;

    /** What a batch does to its keys, copied from what the worker uses again. */
    @SuppressWarnings("ArrayRecordComponent") // handed on within the class, never compared
    private record KeyRows(float[] sums, float[] squares, int[] samples, int[] seconds, long[] ids, float[] vectors) {
        static final KeyRows NONE =
                new KeyRows(new float[0], new float[0], new int[0], new int[0], new long[0], new float[0]);
    }

    private NetworkMinibatch(NetworkWorker worker, SampleBatch batch, BatchKeys keys, SampleBlock block) {
        this.worker = worker;
        this.batch = batch;
        this.keys = keys;
        this.block = block;
        dim = worker.spec.network().dim();
        values = new float[keys.size() * (1 + dim)];
        layers = new float[worker.layerGradient.length];
        means = new MergedGradients(keys.size());
    }

    static NetworkMinibatch gather(NetworkWorker worker, SampleBatch batch, Routes routes) {
        BatchKeys keys = new BatchKeys(routes);
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector scratch = new FeatureVector();
        for (SampleBatch.Chosen sample : batch.chosen()) {
            SampleBlock of = sample.block();
            builder.add(of, sample.sample(), scratch);
            for (int f = of.offset(sample.sample()); f < of.offset(sample.sample() + 1); f++) {
                int unused = keys.addFeature(of.featureId(f), worker.inputs);
            }
        }
        SampleBlock block = builder.build(new SampleBlock.Header(worker.spec.model(), worker.spec.fingerprint(), 0, 0));
        return new NetworkMinibatch(worker, batch, keys, block);
    }

    @Override
    public SampleBatch batch() {
        return batch;
    }

    @Override
    public BatchKeys keys() {
        return keys;
    }

    private boolean hasLayers(int shard) {
        return layers.length > 0 && keys.routes().layersShard() == shard;
    }

    @Override
    public boolean pulls(int shard) {
        return keys.size() > 0 && (keys.size(shard) > 0 || hasLayers(shard));
    }

    @Override
    public void pulled(int shard, ByteBuffer answer) {
        long floats = hasLayers(shard) ? layers.length : 0;
        for (int i = 0; i < keys.size(shard); i++) {
            floats += worker.width(keys.key(keys.number(shard, i)));
        }
        BatchStep.checkAnswer(shard, keys.size(shard), answer, floats * Float.BYTES);
        for (int i = 0; i < keys.size(shard); i++) {
            int number = keys.number(shard, i);
            int width = worker.width(keys.key(number));
            for (int f = 0; f < width; f++) {
                values[number * (1 + dim) + f] = answer.getFloat();
            }
        }
        if (hasLayers(shard)) {
            answer.asFloatBuffer().get(layers);
        }
    }

    /** What a key weighs; of a number's mean and scale, these. */
    float weight(long key) {
        return values[keys.find(key) * (1 + dim)];
    }

    @Override
    public void learn() {
        int n = block.size();
        int[] all = IntStream.range(0, n).toArray();
        float[] predictions = new float[n * worker.spec.heads().labels()];
        KeyGradients gradients = worker.gradients;
        gradients.begin(keys.size());
        System.arraycopy(values, 0, gradients.values(), 0, values.length);
        worker.turnOf(this);
        int taken = worker.minibatch.collect(block, all, 0, n, predictions, (key, field) -> keys.find(key));
        if (taken > 0) {
            learned = worker.pass.learn(
                    worker.minibatch, block, all, n, predictions, gradients, layers, worker.layerGradient);
        }
        refused = n - learned;
        layerGradient = learned > 0 ? worker.layerGradient.clone() : new float[0];
        rows = copy(gradients);
        observe(predictions);
    }

    private KeyRows copy(KeyGradients of) {
        int n = keys.size();
        KeyRows copy = new KeyRows(
                new float[n],
                new float[n],
                new int[n],
                new int[n],
                new long[n],
                Arrays.copyOf(of.gradients(), n * dim));
        for (int i = 0; i < n; i++) {
            copy.sums[i] = of.sum(i);
            copy.squares[i] = of.squares(i);
            copy.samples[i] = of.samples(i);
            copy.seconds[i] = of.second(i);
            copy.ids[i] = of.idSum(i);
        }
        return copy;
    }

    /** The standardized numbers of what was learned. */
    private void observe(float[] predictions) {
        for (int i = 0; i < block.size(); i++) {
            int second = RowLife.second(block.eventTimeMs(i));
            for (int f = block.offset(i); f < block.offset(i + 1) && !Float.isNaN(predictions[i]); f++) {
                long id = block.featureId(f);
                if (worker.inputs.isStandardized(id)) {
                    means.observation(keys.find(BatchKeys.mean(id)), block.featureValue(f), block.sampleId(i), second);
                }
            }
        }
    }

    @Override
    public ByteBuffer push(int shard) {
        int[] numbers = IntStream.range(0, keys.size(shard))
                .map(i -> keys.number(shard, i))
                .toArray();
        int[] embedded = IntStream.of(numbers)
                .filter(i -> rows.samples[i] > 0 && worker.isEmbedded(keys.key(i)))
                .toArray();
        int[] wide = IntStream.of(numbers)
                .filter(i -> rows.samples[i] > 0 && !worker.isEmbedded(keys.key(i)))
                .toArray();
        int[] ofMeans = IntStream.of(numbers).filter(i -> means.count(i) > 0).toArray();
        int layerFloats = hasLayers(shard) ? layerGradient.length : 0;
        int rowCount = embedded.length + wide.length + ofMeans.length;
        long bytes =
                Push.HEADER + (long) rowCount * Push.ROW + Float.BYTES * ((long) embedded.length * dim + layerFloats);
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(Push.WITH_VECTORS)
                .putInt(batch.partition())
                .putLong(batch.first())
                .putLong(batch.next());
        out.putLong(batch.watermarkMs()).putInt(learned).putInt(batch.duplicates());
        out.putInt(batch.refused() + refused)
                .putInt(embedded.length + wide.length)
                .putInt(ofMeans.length);
        out.putInt(means.refused()).putInt(embedded.length).putInt(layerFloats);
        put(out, embedded);
        put(out, wide);
        for (int i : ofMeans) {
            out.putLong(keys.key(i)).putLong(means.idSum(i));
            out.putFloat((float) means.first(i)).putFloat((float) means.second(i));
            out.putInt(means.count(i)).putInt(means.eventSecond(i));
        }
        FloatBuffer floats = out.asFloatBuffer();
        for (int i : embedded) {
            floats.put(rows.vectors, i * dim, dim);
        }
        floats.put(layerGradient, 0, layerFloats);
        return out.rewind();
    }

    private void put(ByteBuffer out, int[] numbers) {
        for (int i : numbers) {
            out.putLong(keys.key(i)).putLong(rows.ids[i]);
            out.putFloat(rows.sums[i]).putFloat(rows.squares[i]);
            out.putInt(rows.samples[i]).putInt(rows.seconds[i]);
        }
    }
}
