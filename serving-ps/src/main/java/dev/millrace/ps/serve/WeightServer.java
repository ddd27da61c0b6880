package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.List;

/** What ranking needs of a model's weights. Safe for many threads. */
public interface WeightServer extends ReplicaState {
    ModelSpec spec();

    /**
     * Scores all items with the weights of one version. O(features), no lock unless a delta is applied meanwhile.
     *
     * @param request {@code user.*} and {@code context.*} attributes
     * @param items {@code item.*} attributes of each item
     * @param scores receives the probability of each item; at least as long as {@code items}
     * @return that version's sequence
     */
    long score(RawFeatures request, List<RawFeatures> items, float[] scores);
}
