package dev.millrace.join.vector;

import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.join.match.Label;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Makes the samples of one spec from the impressions that it learns from. One thread. */
public final class SampleVectors {
    private final String model;
    private final Vectorizer vectorizer;
    private final Vectorizer.Request request;
    private final FeatureVector scratch = new FeatureVector();

    public SampleVectors(ModelSpec spec) {
        model = spec.model();
        vectorizer = new Vectorizer(spec);
        request = vectorizer.newRequest();
    }

    /**
     * One sample a label; what the items share is hashed once.
     *
     * @throws IllegalArgumentException when {@link ImpressionCheck} would have refused the impression
     */
    public void samples(Impression impression, List<Label> labels, Consumer<Sample> out) {
        vectorizer.request(
                raw(impression, impression.getFeatures(), "user.id", impression.getUser()), request, scratch);
        int shared = scratch.size();
        for (Label label : labels) {
            ShownItem shown = impression.getItems(label.item());
            scratch.truncate(shared);
            vectorizer.item(raw(impression, shown.getFeatures(), "item.id", shown.getItem()), request, scratch);
            out.accept(new Sample(model, meta(impression, shown, label), copy(scratch)));
        }
    }

    /** The attributes as served. The id need not stand among them: the log has it beside them. */
    private static RawFeatures raw(Impression impression, Features features, String idName, String id) {
        RawFeatures raw = FeatureCodec.decode(features, impression.getNamesList());
        if (id.isEmpty() || raw.get(idName) != null) {
            return raw;
        }
        Map<String, FeatureValue> withId = new LinkedHashMap<>(raw.asMap());
        withId.put(idName, new FeatureValue.Text(id));
        return RawFeatures.of(withId);
    }

    private SampleBlockBuilder.Meta meta(Impression impression, ShownItem shown, Label label) {
        String requestId = impression.getRequestId();
        return new SampleBlockBuilder.Meta(
                SampleIds.of(model, requestId, shown.getItem(), label.revision()),
                SampleIds.ofRequest(requestId),
                label.actionHash(),
                label.value(),
                label.weight(),
                label.keepRate(),
                shown.getScore(),
                impression.getModelVersion(),
                label.eventTimeMs(),
                label.fakeNegatives() ? SampleBlock.FAKE_NEGATIVES : 0);
    }

    private static FeatureVector copy(FeatureVector from) {
        FeatureVector to = new FeatureVector();
        for (int i = 0; i < from.size(); i++) {
            to.add(from.id(i), from.value(i));
        }
        return to;
    }
}
