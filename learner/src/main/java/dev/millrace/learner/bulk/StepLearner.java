package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.learner.training.ShardState;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Any model, by the step that learns it online too: the first worker learns, the others read. */
final class StepLearner implements BlockLearner {
    private final ShardState state;
    private final Step step;
    private final HeadMetrics metrics;
    private final int labels;
    private int[] all = new int[0];
    private float[] predictions = new float[0];
    private byte[] stepState = {};
    private long watermarkMs = Long.MIN_VALUE;

    StepLearner(ModelSpec spec, StepMaker steps) {
        state = ShardState.empty(spec, ShardState.Id.ONLY);
        metrics = new HeadMetrics(spec);
        labels = spec.heads().labels();
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
            predictions = new float[n * labels];
        }
        int learned = step.learn(block, all, n, predictions, key -> {});
        for (int i = 0; i < n; i++) {
            if (!Float.isNaN(predictions[i])) {
                state.sumIds(block.sampleId(i));
                metrics.add(block, i, predictions, i, n);
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
        return metrics.first();
    }

    @Override
    public SequencedMap<String, BulkMetrics> heads() {
        return metrics.byName();
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
