package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ps.model.LinearModel;
import java.util.List;

/**
 * The features of all items of a request, one after the other, those of the request itself before them.
 *
 * @param shared end of the request's own features, where the first item's begin
 * @param ends end of each item's features
 */
@SuppressWarnings("ArrayRecordComponent") // made for one request, never compared
record RequestVector(FeatureVector vector, int shared, int[] ends) {
    static RequestVector of(Vectorizer vectorizer, RawFeatures request, List<RawFeatures> items) {
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(request, hashed, vector);
        int shared = vector.size();
        int[] ends = new int[items.size()];
        for (int i = 0; i < ends.length; i++) {
            vectorizer.item(items.get(i), hashed, vector);
            ends[i] = vector.size();
        }
        return new RequestVector(vector, shared, ends);
    }

    /** What the items score. */
    void score(LinearModel model, LinearModel.Weights weights, float[] scores) {
        float base = model.logit(vector, 0, shared, 0f, weights);
        int from = shared;
        for (int item = 0; item < ends.length; item++) {
            float z = model.logit(vector, from, ends[item], base, weights);
            scores[item] = model.output(z);
            from = ends[item];
        }
    }
}
