package dev.millrace.join.vector;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.ImpressionVectorizer;
import dev.millrace.ingest.feature.SegmentMatch;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.join.match.Label;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes the samples of one spec from the impressions that it learns from. One thread. */
public final class SampleVectors {
    private final String model;
    private final long modelHash;
    private final int heads;
    private final ImpressionVectorizer vectorizer;
    private final @Nullable SegmentMatch segment;
    private final FeatureVector scratch = new FeatureVector();

    public SampleVectors(ModelSpec spec) {
        model = spec.model();
        modelHash = SampleIds.ofModel(model);
        heads = spec.heads().count();
        vectorizer = new ImpressionVectorizer(new Vectorizer(spec));
        segment = SegmentMatch.ofNullable(spec.segment());
    }

    /** One sample a label, none of a request that is not of the model's segment; what the items share is hashed once. */
    public void samples(EncodedImpression impression, List<Label> labels, Consumer<Sample> out) {
        if (segment != null && !segment.of(impression)) {
            return;
        }
        long requestHash = SampleIds.ofRequest(impression.requestId());
        vectorizer.request(impression, scratch);
        int shared = scratch.size();
        for (Label label : labels) {
            scratch.truncate(shared);
            vectorizer.item(impression, label.item(), scratch);
            out.accept(new Sample(model, meta(impression, requestHash, label), scratch.copy()));
        }
    }

    private SampleBlockBuilder.Meta meta(EncodedImpression impression, long requestHash, Label label) {
        int item = label.item();
        return new SampleBlockBuilder.Meta(
                SampleIds.of(modelHash, requestHash, impression.sampleItemHash(item), label.number()),
                requestHash,
                label.actionHash(),
                label.of(0) ? label.value() : 0,
                label.of(0) ? label.weight() : 0,
                label.keepRate(),
                score(impression, item, 0),
                impression.versionOf(model),
                label.eventTimeMs(),
                label.fakeNegatives() ? SampleBlock.FAKE_NEGATIVES : 0,
                more(impression, label));
    }

    /** The model's own: of a head only where it answered. NaN: there is none. */
    private float score(EncodedImpression impression, int item, int head) {
        if (heads == 0) {
            return impression.scoreOf(model, item);
        }
        return impression.scoredBy().equals(model) ? impression.headScore(item, head) : Float.NaN;
    }

    /** Label, weight and served score of each head after the first. */
    private float[] more(EncodedImpression impression, Label label) {
        float[] more = new float[3 * Math.max(0, heads - 1)];
        for (int head = 1; head < heads; head++) {
            int at = 3 * (head - 1);
            more[at] = label.of(head) ? label.value() : 0;
            more[at + 1] = label.of(head) ? label.weight() : 0;
            more[at + 2] = score(impression, label.item(), head);
        }
        return more;
    }
}
