package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.Split;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.Steps;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.table.ParameterTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures weights on samples that they have not learned, as they would go on if they served: each is scored, then learned
 * (progressive validation, Blum et al. 1999). Beside them, on the same samples: the scores that served, where the samples
 * have them, and other weights, which go on alike. Nothing of what is learned here is kept. One thread; O(samples), both
 * tables in memory.
 */
public final class HeldOut {
    private static final double CLIP = 1e-6;

    /**
     * Mean loss against a reference's on the same samples.
     *
     * @param with {@code served}, or {@code other}
     * @param reference its mean loss: in nats, or squared
     * @param above by which theirs lies above it
     * @param error standard error of that
     */
    public record Paired(String with, long samples, double reference, double above, double error) {}

    /**
     * @param metrics of a model with heads, of the first
     * @param heads of every head in the spec's order; empty: the model has none
     * @param maxWeight largest absolute weight that would serve, of weights and vectors; NaN where one is none
     */
    public record Result(
            BulkMetrics metrics, SequencedMap<String, BulkMetrics> heads, double maxWeight, List<Paired> pairs) {}

    /** Weights that learn on. */
    private static final class Weights {
        private final ShardState state;
        private final Step step;
        private final int labels;
        private float[] predictions = new float[0];

        Weights(ModelSpec spec, Snapshot snapshot) {
            state = ShardState.of(spec, ShardState.Id.ONLY, snapshot);
            step = Steps.of(spec, state.table(), state.life());
            labels = spec.heads().labels();
        }

        float[] learn(SampleBlock block, int[] all) {
            int n = block.size();
            if (predictions.length < n * labels) {
                predictions = new float[n * labels];
            }
            var unused = step.learn(block, all, n, predictions, key -> {});
            return predictions;
        }
    }

    private final boolean logistic;
    private final Weights weights;
    private final @Nullable Weights other;
    private final HeadMetrics metrics;
    private final PairedLoss againstServed = new PairedLoss();
    private final PairedLoss againstOther = new PairedLoss();
    private long served;
    private long compared;
    private int[] all = new int[0];

    private HeldOut(ModelSpec spec, Snapshot of, @Nullable Snapshot against) {
        logistic = spec.objective() == Objective.LOGISTIC;
        metrics = new HeadMetrics(spec);
        weights = new Weights(spec, of);
        other = against == null ? null : new Weights(spec, against);
    }

    /**
     * @param against other weights of the same spec; null: none
     * @param progress told the bytes read so far
     */
    public static Result measure(
            ModelSpec spec, Snapshot of, @Nullable Snapshot against, List<BulkSource> samples, LongConsumer progress)
            throws IOException {
        HeldOut measuring = new HeldOut(spec, of, against);
        double maxWeight = maxWeight(spec, measuring.weights.state.table());
        long bytes = 0;
        for (BulkSource source : samples) {
            SplitReader reader = source.reader();
            for (Split split : source.splits()) {
                reader.open(split);
                for (SampleBlock block = reader.next(); block != null; block = reader.next()) {
                    measuring.add(block);
                }
                bytes += split.bytes();
                progress.accept(bytes);
            }
        }
        return measuring.result(maxWeight);
    }

    /** Largest absolute weight of what of a training table would serve. */
    public static double maxWeight(ModelSpec spec, ParameterTable table) {
        ServedRows rows = new ServedRows(spec);
        double[] largest = {0};
        table.forEachRow(row -> rows.serveRowsAgain(table, row, (key, served) -> {
            for (float weight : served) {
                // NaN stays.
                largest[0] = Math.max(largest[0], Math.abs(weight));
            }
        }));
        return largest[0];
    }

    private void add(SampleBlock block) {
        int n = block.size();
        if (all.length < n) {
            all = new int[n];
            java.util.Arrays.setAll(all, i -> i);
        }
        float[] predicted = weights.learn(block, all);
        float[] others = other == null ? null : other.learn(block, all);
        for (int i = 0; i < n; i++) {
            if (!Float.isNaN(predicted[i])) {
                metrics.add(block, i, predicted, i, n);
            }
            // One that takes another back tells no loss.
            if (!Float.isNaN(predicted[i]) && block.weight(i) > 0) {
                add(block, i, predicted[i], others == null ? Float.NaN : others[i]);
            }
        }
    }

    private void add(SampleBlock block, int i, float predicted, float others) {
        float label = block.label(i);
        double loss = loss(predicted, label);
        long request = block.requestHash(i) == 0 ? block.sampleId(i) : block.requestHash(i);
        float answered = block.servedScore(i);
        if (!Float.isNaN(answered) && block.modelVersion(i) > 0) {
            served++;
            againstServed.add(request, loss, loss(answered, label));
        }
        if (!Float.isNaN(others)) {
            compared++;
            againstOther.add(request, loss, loss(others, label));
        }
    }

    private double loss(double predicted, float label) {
        if (!logistic) {
            return (predicted - label) * (predicted - label);
        }
        double p = Math.clamp(predicted, CLIP, 1 - CLIP);
        return -(label * Math.log(p) + (1 - label) * Math.log1p(-p));
    }

    private Result result(double maxWeight) {
        List<Paired> pairs = new ArrayList<>();
        if (served > 0) {
            pairs.add(againstServed.end("served"));
        }
        if (compared > 0) {
            pairs.add(againstOther.end("other"));
        }
        return new Result(metrics.first(), metrics.byName(), maxWeight, List.copyOf(pairs));
    }
}
