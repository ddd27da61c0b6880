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

    /** A revision of a label whose negatives are sent at once, and kept at a rate. */
    public Samples immediate(String requestId, String item, int revision, float label, float score, float keepRate) {
        return add(requestId, item, revision, label, 1, score, keepRate, SampleBlock.FAKE_NEGATIVES);
    }

    public Samples weighted(String requestId, String item, int revision, float label, float weight, float score) {
        return add(requestId, item, revision, label, weight, score, 1, (byte) 0);
    }

    private Samples add(
            String requestId,
            String item,
            int revision,
            float label,
            float weight,
            float score,
            float keepRate,
            byte flags) {
        builder.add(
                new SampleBlockBuilder.Meta(
                        SampleIds.of("movies", requestId, item, revision),
                        SampleIds.ofRequest(requestId),
                        0,
                        label,
                        weight,
                        keepRate,
                        score,
                        1,
                        1,
                        flags),
                new FeatureVector());
        return this;
    }

    public SampleBlock block(long joinedMs) {
        return builder.build(new SampleBlock.Header("movies", 1, joinedMs, joinedMs));
    }
}
