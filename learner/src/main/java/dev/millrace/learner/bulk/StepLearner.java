package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.learner.training.ShardState;
import org.jspecify.annotations.Nullable;

/** Any model, by the step that learns it online too: the first worker learns, the others read. */
final class StepLearner implements BlockLearner {
    private final ShardState state;
    private final boolean logistic;
    private final Step step;
    private final BulkMetrics metrics = new BulkMetrics();
    private int[] all = new int[0];
    private float[] predictions = new float[0];
    private byte[] stepState = {};
    private long watermarkMs = Long.MIN_VALUE;

    StepLearner(ModelSpec spec, StepMaker steps) {
        state = ShardState.empty(spec, ShardState.Id.ONLY);
        logistic = spec.objective() == Objective.LOGISTIC;
        step = steps.of(spec, state.table(), state.life());
    }

    @Override
    public void learn(int worker, @Nullable SampleBlock[] blocks) {
        for (SampleBlock block : blocks) {
            if (block != null) {
                learn(block);
            }
        }
    }

    private void learn(SampleBlock block) {
        int n = block.size();
        if (all.length < n) {
            all = new int[n];
            java.util.Arrays.setAll(all, i -> i);
            predictions = new float[n];
        }
        int learned = step.learn(block, all, n, predictions, key -> {});
        for (int i = 0; i < n; i++) {
            if (!Float.isNaN(predictions[i])) {
                state.sumIds(block.sampleId(i));
                if (block.weight(i) == 0) {
                    // Of other heads than the first, which is measured.
                    continue;
                }
                if (logistic) {
                    metrics.addProbability(predictions[i], block.label(i));
                } else {
                    metrics.addValue(predictions[i], block.label(i));
                }
            }
        }
        state.count(learned, 0, n - learned);
        watermarkMs = Math.max(watermarkMs, block.header().watermarkMs());
        if (state.life().expires()) {
            step.flush(key -> {});
            state.life().expire(watermarkMs, key -> {});
        }
    }

    @Override
    public boolean isOneWorkers() {
        return true;
    }

    @Override
    public BulkMetrics metrics() {
        return metrics;
    }

    @Override
    public byte[] stepState() {
        return stepState;
    }

    @Override
    public ShardState finish() {
        step.flush(key -> {});
        stepState = step.state();
        step.close();
        return state;
    }
}
