package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.List;
import java.util.function.Consumer;

/** What ranking needs of a model's weights. Safe for many threads. */
public interface WeightServer {
    ModelSpec spec();

    ServedVersion version();

    /**
     * Whether it follows the log and has applied every delta that stood there when it began to. False again while
     * deltas are missing or the log cannot be read: the weights that it has go on serving.
     */
    boolean caughtUp();

    /**
     * Calls the listener after each applied delta, on the thread that applies: it must not block. What it throws is
     * logged and stops nothing.
     */
    void onApplied(Consumer<ServedVersion> listener);

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
