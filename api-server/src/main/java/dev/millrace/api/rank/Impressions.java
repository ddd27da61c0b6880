package dev.millrace.api.rank;

import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ModelSpec;

/** Makes the log's record of an answer: what was returned, with the raw features that scored it. */
final class Impressions {
    private Impressions() {}

    /** @param fingerprint of the spec; computed once, since it hashes every slot */
    static Impression of(
            ModelSpec spec, long fingerprint, RankRequest request, Scored scored, RankAnswer answer, long timeMs) {
        var dictionary = new FeatureCodec.Dictionary();
        Impression.Builder out = Impression.newBuilder()
                .setRequestId(request.requestId())
                .setModel(spec.model())
                .setTimeMs(timeMs)
                .setSpecFingerprint(fingerprint)
                .setModelVersion(answer.modelVersion())
                .setFeatures(FeatureCodec.encode(scored.request(), dictionary));
        if (request.user() != null) {
            out.setUser(request.user());
        }
        if (request.session() != null) {
            out.setSession(request.session());
        }
        Shown shown = scored.shown();
        for (int i = 0; i < shown.order().length; i++) {
            RankAnswer.Ranked ranked = answer.items().get(i);
            RawFeatures features = scored.items().get(shown.order()[i]);
            out.addItems(ShownItem.newBuilder()
                    .setItem(ranked.item())
                    .setScore(ranked.score())
                    .setPropensity(ranked.propensity())
                    .setBestPlace(shown.bestPlace(i))
                    .setFeatures(FeatureCodec.encode(features, dictionary)));
        }
        if (shown.exploration() != null) {
            out.setExploration(shown.exploration());
        }
        return out.addAllNames(dictionary.names()).build();
    }

    /**
     * A request's raw features as they were scored.
     *
     * @param items of all candidates
     */
    record Scored(RawFeatures request, java.util.List<RawFeatures> items, Shown shown) {}
}
