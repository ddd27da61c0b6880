package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.List;

/** What ranking needs of a model's weights. Safe for many threads. */
public interface WeightServer extends ReplicaState, WeightReader {
    ModelSpec spec();

    /**
     * Reads rows as {@link #read} does, as they were at an earlier version.
     *
     * @return that version; or the earliest one that is known, if that is later, and nothing was read;
     *     {@link Long#MAX_VALUE} where none is
     */
    default long readAt(long sequence, long[] keys, int n, float[] rows) {
        return Long.MAX_VALUE;
    }

    /**
     * Scores all items with the weights of one version. O(features), no lock unless a delta is applied meanwhile.
     *
     * @param request {@code user.*} and {@code context.*} attributes
     * @param items {@code item.*} attributes of each item
     * @param scores receives the probability of each item, or what the formula of a model with heads makes of theirs; at
     *     least as long as {@code items}. Where it is so many times longer that each head's predictions fit behind, they
     *     follow, head by head: of item i and head h at {@code items.size() * (1 + h) + i}
     * @return that version's sequence
     */
    long score(RawFeatures request, List<RawFeatures> items, float[] scores);

    /**
     * The same scores, and what the items score with weights drawn from what is known of them: {@link Posterior}. Only of
     * a model whose spec has {@code explore.thompson}.
     *
     * @param seed the same one draws the same
     * @param draws {@code [draw][item]}, receives sums z, which rank
     * @throws IllegalStateException of another model
     */
    default long draw(RawFeatures request, List<RawFeatures> items, long seed, float[] scores, float[][] draws) {
        throw new IllegalStateException("model " + spec().model() + ": weights of this kind are not drawn");
    }
}
