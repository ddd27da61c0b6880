package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** {@link BulkMetrics} of each of a model's objectives: one, or one a head. One thread adds. */
public final class HeadMetrics {
    private final List<String> names;
    private final List<BulkMetrics> heads = new ArrayList<>();
    private final boolean[] logistic;

    public HeadMetrics(ModelSpec spec) {
        names = spec.heads().names();
        logistic = new boolean[spec.heads().labels()];
        logistic[0] = spec.objective() == Objective.LOGISTIC;
        for (int head = 0; head < logistic.length; head++) {
            heads.add(new BulkMetrics());
            if (!names.isEmpty()) {
                Heads.Head its = spec.heads().all().get(head);
                logistic[head] = its.objective() == Objective.LOGISTIC;
            }
        }
    }

    /** Adds what a sample says of a head, if it says anything. */
    void add(SampleBlock block, int sample, int head, float predicted) {
        // Below 0 it takes another one back, which tells no loss; 0 says nothing of the head.
        if (head >= block.heads() || !(block.weight(sample, head) > 0) || Float.isNaN(predicted)) {
            return;
        }
        if (logistic[head]) {
            heads.get(head).addProbability(predicted, block.label(sample, head));
        } else {
            heads.get(head).addValue(predicted, block.label(sample, head));
        }
    }

    /** The same of all heads, of predictions as a step gives them: head h's of the i-th at {@code h·count + i}. */
    void add(SampleBlock block, int sample, float[] predictions, int i, int count) {
        for (int head = 0; head < logistic.length; head++) {
            add(block, sample, head, predictions[head * count + i]);
        }
    }

    /** Of the first head, or of the one objective. */
    public BulkMetrics first() {
        return heads.get(0);
    }

    /** Of all heads in the spec's order; empty where the model has none. */
    public SequencedMap<String, BulkMetrics> byName() {
        LinkedHashMap<String, BulkMetrics> all = new LinkedHashMap<>();
        for (int head = 0; head < names.size(); head++) {
            all.put(names.get(head), heads.get(head));
        }
        return all;
    }
}
