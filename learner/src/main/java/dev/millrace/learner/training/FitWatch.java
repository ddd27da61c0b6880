package dev.millrace.learner.training;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.learner.step.Predictor;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Bias and variance, watched as it learns: the loss of samples before they are learned (nothing is as held out as what has
 * not come yet; progressive validation, Blum et al. 1999), beside the loss of the same samples once their batch is learned.
 * Both high: the model cannot say it (bias). The first high, the second low: it learns by heart (variance). Of one sample in
 * 16, at most 64 a batch; means over the latest 1,000 or so, by exponential decay. Of a model with heads, of the first. It changes no weight. Belongs to the
 * thread that owns the table.
 */
public final class FitWatch {
    private static final int SHARE_BITS = 4;
    private static final int MOST = 64;
    private static final double DECAY = 1 - 1.0 / 1_000;
    private static final long FIBONACCI = 0x9E3779B97F4A7C15L;
    private static final long TELL_NS = Duration.ofMinutes(10).toNanos();
    private static final double BOUND = 1e-7;
    /** Means of fewer say nothing. */
    private static final int FEWEST = 100;

    private final ModelSpec spec;
    private final Predictor predictor;
    private final SampleBlockBuilder builder = new SampleBlockBuilder();
    private final FeatureVector scratch = new FeatureVector();
    private final double[] before = new double[MOST];
    private double seen;
    private double unseenLoss;
    private double learnedLoss;
    private long nextTellNs = Long.MIN_VALUE;

    /**
     * Means of the loss: log loss, natural logarithm; of a model of values, squared error.
     *
     * @param samples that they are of, the older ones counting less
     * @param unseen before they were learned
     * @param learned afterwards
     */
    public record Fit(double samples, double unseen, double learned) {
        /** What learning by heart makes of it. */
        public double gap() {
            return unseen - learned;
        }
    }

    FitWatch(ModelSpec spec, Predictor predictor) {
        this.spec = spec;
        this.predictor = predictor;
    }

    /** Samples that were just learned, {@code count} of them, and what each was predicted before; NaN: refused. */
    void learned(SampleBlock block, int[] samples, int count, float[] predictions) {
        for (int i = 0; i < count && builder.size() < MOST; i++) {
            int sample = samples[i];
            boolean chosen = ((block.sampleId(sample) * FIBONACCI) >>> (Long.SIZE - SHARE_BITS)) == 0;
            if (chosen && block.weight(sample) > 0 && !Float.isNaN(predictions[i]) && !block.isCanary(sample)) {
                before[builder.size()] = loss(predictions[i], block, sample);
                builder.add(block, sample, scratch);
            }
        }
    }

    /** The batch that they were in is learned, and the table has all of it. */
    void closed() {
        int n = builder.size();
        if (n == 0) {
            return;
        }
        double[] were = Arrays.copyOf(before, n);
        SampleBlock block = builder.build(new SampleBlock.Header(spec.model(), 0, 0, 0));
        predictor.begin();
        for (int i = 0; i < n; i++) {
            seen = DECAY * seen + 1;
            unseenLoss = DECAY * unseenLoss + were[i];
            learnedLoss = DECAY * learnedLoss + loss(predictor.predict(block, i), block, i);
        }
    }

    private double loss(float prediction, SampleBlock block, int sample) {
        double label = block.label(sample);
        if (spec.objective() == Objective.SQUARED) {
            return (prediction - label) * (prediction - label);
        }
        // As it is among the samples that were kept.
        double kept = prediction / (prediction + block.keepRate(sample) * (1.0 - prediction));
        double p = Math.clamp(kept, BOUND, 1 - BOUND);
        return -label * Math.log(p) - (1 - label) * Math.log1p(-p);
    }

    /** So far; empty while there is none. */
    public Optional<Fit> fit() {
        return seen == 0 ? Optional.empty() : Optional.of(new Fit(seen, unseenLoss / seen, learnedLoss / seen));
    }

    /** A line for the log, every ten minutes in which it has something to say. */
    public Optional<String> line(long nowNs) {
        Optional<Fit> fit = fit();
        if (seen < FEWEST || (nextTellNs != Long.MIN_VALUE && nowNs - nextTellNs < 0)) {
            return Optional.empty();
        }
        nextTellNs = nowNs + TELL_NS;
        return fit.map(
                f -> "model %s: loss of samples before they are learned %.4f, of the same afterwards %.4f, over %.0f"
                        .formatted(spec.model(), f.unseen(), f.learned(), f.samples()));
    }
}
