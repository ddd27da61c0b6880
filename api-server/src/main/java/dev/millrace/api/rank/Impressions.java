package dev.millrace.api.rank;

import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ModelSpec;

/** Makes the log's record of an answer: what was returned, with the raw features that scored it. */
final class Impressions {
    /** A deterministic ranking shows what it shows with certainty. */
    private static final float PROPENSITY = 1f;

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
        for (int i = 0; i < scored.order().length; i++) {
            RankAnswer.Ranked ranked = answer.items().get(i);
            RawFeatures features = scored.items().get(scored.order()[i]);
            out.addItems(ShownItem.newBuilder()
                    .setItem(ranked.item())
                    .setScore(ranked.score())
                    .setPropensity(PROPENSITY)
                    .setFeatures(FeatureCodec.encode(features, dictionary)));
        }
        return out.addAllNames(dictionary.names()).build();
    }

    /**
     * A request's raw features as they were scored.
     *
     * @param order indexes of the candidates that are shown, best first
     */
    @SuppressWarnings("ArrayRecordComponent") // handed from one method to the next, never compared
    record Scored(RawFeatures request, java.util.List<RawFeatures> items, int[] order) {}
}
