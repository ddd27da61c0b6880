package dev.millrace.learner.remote.push;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.Loss;
import dev.millrace.learner.step.SampleWeights;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.LinearModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The worker's half of minibatch FTRL-Proximal: every sample of a batch is scored with the weights w as they were pulled,
 * g = (p − y)·x as in {@link dev.millrace.learner.step.FtrlStep}, and a key's gradients are merged to Σg and Σg².
 *
 * <p>A model of values learns by their squared error instead: g = (z − y)·x. One thread.
 */
public final class MinibatchStep implements BatchStep {
    private final LinearModel model;
    private final Loss loss;
    private final SampleBatch batch;
    private final BatchKeys keys;
    private final int[] numbers;
    private float[] weights = {};
    private MergedGradients merged = new MergedGradients(0);
    private int learned;
    private int refused;

    private MinibatchStep(ModelSpec spec, SampleBatch batch, Routes routes) {
        this.model = new LinearModel(spec);
        this.loss = new Loss(spec.objective());
        this.batch = batch;
        this.keys = new BatchKeys(routes);
        this.numbers = new int[batch.features()];
    }

    /** Numbers the keys that the batch reads. O(features). */
    public static MinibatchStep gather(ModelSpec spec, SampleBatch batch, Routes routes) {
        var step = new MinibatchStep(spec, batch, routes);
        int at = 0;
        for (SampleBatch.Chosen sample : batch.chosen()) {
            SampleBlock block = sample.block();
            for (int f = block.offset(sample.sample()); f < block.offset(sample.sample() + 1); f++) {
                step.numbers[at++] = step.keys.addFeature(block.featureId(f), step.model);
            }
        }
        step.weights = new float[step.keys.size()];
        step.merged = new MergedGradients(step.keys.size());
        return step;
    }

    @Override
    public SampleBatch batch() {
        return batch;
    }

    @Override
    public BatchKeys keys() {
        return keys;
    }

    @Override
    public boolean pulls(int shard) {
        return keys.size(shard) > 0;
    }

    @Override
    public void pulled(int shard, ByteBuffer answer) {
        BatchStep.checkAnswer(shard, keys.size(shard), answer, (long) keys.size(shard) * Float.BYTES);
        for (int i = 0; i < keys.size(shard); i++) {
            weight(keys.number(shard, i), answer.getFloat());
        }
    }

    /** What the key of this number weighs. */
    public void weight(int number, float weight) {
        weights[number] = weight;
    }

    private float weight(long key) {
        return weights[keys.find(key)];
    }

    /** Forward and backward, sample by sample. O(features). */
    @Override
    public void learn() {
        int at = 0;
        for (SampleBatch.Chosen sample : batch.chosen()) {
            learn(sample.block(), sample.sample(), at);
            at += sample.block().offset(sample.sample() + 1) - sample.block().offset(sample.sample());
        }
    }

    private void learn(SampleBlock block, int sample, int at) {
        int from = block.offset(sample);
        int features = block.offset(sample + 1) - from;
        float z = 0;
        for (int f = 0; f < features; f++) {
            z += weights[numbers[at + f]] * input(block, from + f);
        }
        double p = loss.predicted(z, block.keepRate(sample));
        double error = (p - block.label(sample)) * SampleWeights.of(block, sample, z);
        if (!Double.isFinite(error)) {
            refused++;
            return;
        }
        learned++;
        long sampleId = block.sampleId(sample);
        int second = RowLife.second(block.eventTimeMs(sample));
        for (int f = 0; f < features; f++) {
            merged.gradient(numbers[at + f], error * input(block, from + f), sampleId, second);
        }
        for (int f = from; f < from + features; f++) {
            long id = block.featureId(f);
            if (model.isStandardized(id)) {
                merged.observation(keys.find(BatchKeys.mean(id)), block.featureValue(f), sampleId, second);
            }
        }
    }

    private float input(SampleBlock block, int feature) {
        return model.input(block.featureId(feature), block.featureValue(feature), this::weight);
    }

    @Override
    public ByteBuffer push(int shard) {
        Rows rows = countRows(shard);
        ByteBuffer out = ByteBuffer.allocate(Push.HEADER + (rows.gradients + rows.means) * Push.ROW)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(Push.VERSION)
                .putInt(batch.partition())
                .putLong(batch.first())
                .putLong(batch.next());
        out.putLong(batch.watermarkMs()).putInt(learned).putInt(batch.duplicates());
        out.putInt(batch.refused() + refused).putInt(rows.gradients).putInt(rows.means);
        out.putInt(merged.refused()).putLong(0);
        put(out, shard, false);
        put(out, shard, true);
        return out.flip();
    }

    private record Rows(int gradients, int means) {}

    private Rows countRows(int shard) {
        int gradients = 0;
        int means = 0;
        for (int i = 0; i < keys.size(shard); i++) {
            int number = keys.number(shard, i);
            if (merged.count(number) > 0) {
                if (keys.routes().isMean(keys.key(number))) {
                    means++;
                } else {
                    gradients++;
                }
            }
        }
        return new Rows(gradients, means);
    }

    private void put(ByteBuffer out, int shard, boolean means) {
        for (int i = 0; i < keys.size(shard); i++) {
            int number = keys.number(shard, i);
            long key = keys.key(number);
            if (merged.count(number) > 0 && keys.routes().isMean(key) == means) {
                out.putLong(key).putLong(merged.idSum(number));
                out.putFloat((float) merged.first(number)).putFloat((float) merged.second(number));
                out.putInt(merged.count(number)).putInt(merged.eventSecond(number));
            }
        }
    }
}
