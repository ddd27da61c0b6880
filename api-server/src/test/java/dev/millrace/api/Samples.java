package dev.millrace.api;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;

/** Blocks of samples for tests. */
public final class Samples {
    private final SampleBlockBuilder builder = new SampleBlockBuilder();

    /** @param action id of the action that settled the label; empty: the window's end did */
    public Samples add(String requestId, String item, String action, float label, float score) {
        builder.add(
                new SampleBlockBuilder.Meta(
                        SampleIds.of("movies", requestId, item, 0),
                        SampleIds.ofRequest(requestId),
                        action.isEmpty() ? 0 : SampleIds.ofAction(action),
                        label,
                        1f,
                        1f,
                        score,
                        1,
                        1),
                new FeatureVector());
        return this;
    }

    public SampleBlock block(long joinedMs) {
        return builder.build(new SampleBlock.Header("movies", 1, joinedMs, joinedMs));
    }
}
