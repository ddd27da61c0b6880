package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ps.model.LinearModel;
import java.util.Arrays;
import java.util.List;

/**
 * The features of all items of a request, one after the other, those of the request itself before them. Filled again for
 * request after request, by one thread at a time.
 */
final class RequestVector {
    private final Vectorizer vectorizer;
    private final Vectorizer.Request hashed;
    private final FeatureVector vector = new FeatureVector();
    private int shared;
    private int items;
    /** What {@link Vectorizer#touch} read; nobody needs it. */
    private long touched;

    private int[] ends = new int[64];
    private float[] weights = new float[1024];

    RequestVector(Vectorizer vectorizer) {
        this.vectorizer = vectorizer;
        hashed = vectorizer.newRequest();
    }

    static RequestVector of(Vectorizer vectorizer, RawFeatures request, List<RawFeatures> items) {
        RequestVector made = new RequestVector(vectorizer);
        made.fill(request, items);
        return made;
    }

    void fill(RawFeatures request, List<RawFeatures> itemFeatures) {
        vectorizer.request(request, hashed, vector);
        endShared();
        touched += vectorizer.touch(itemFeatures);
        for (int i = 0; i < itemFeatures.size(); i++) {
            ScoreTime.check(i);
            vectorizer.item(itemFeatures.get(i), hashed, vector);
            endItem();
        }
    }

    /** What was added until now all items share. */
    void endShared() {
        shared = vector.size();
        items = 0;
    }

    /** What was added since the last one is an item's. */
    void endItem() {
        if (items == ends.length) {
            ends = Arrays.copyOf(ends, 2 * items);
        }
        ends[items++] = vector.size();
    }

    FeatureVector vector() {
        return vector;
    }

    /** End of the request's own features, where the first item's begin. */
    int shared() {
        return shared;
    }

    int items() {
        return items;
    }

    /** End of an item's features. */
    int end(int item) {
        return ends[item];
    }

    /** Room for a weight of each feature. */
    float[] weights() {
        if (weights.length < vector.size()) {
            weights = new float[Math.max(vector.size(), 2 * weights.length)];
        }
        return weights;
    }

    /** Whether it takes more memory than a request of a usual size needs. */
    boolean isLarge(int features) {
        // Never true of a sum of hashes, and the compiler cannot know.
        return vector.ids().length > features || touched == Long.MIN_VALUE;
    }

    /** What the items score. */
    void score(LinearModel model, LinearModel.Weights lookUp, float[] scores) {
        float base = model.logit(vector, 0, shared, 0f, lookUp);
        int from = shared;
        for (int item = 0; item < items; item++) {
            ScoreTime.check(item);
            float z = model.logit(vector, from, ends[item], base, lookUp);
            scores[item] = model.output(z);
            from = ends[item];
        }
    }

    /**
     * The same with weights that were read before.
     *
     * @param read of each feature, in the vector's order
     * @param norms of {@link LinearModel#normKeys}
     */
    void score(LinearModel model, float[] read, float[] norms, float[] scores) {
        float base = model.logit(vector, 0, shared, 0f, read, norms);
        model.logits(vector, shared, ends, items, base, read, norms, scores);
        model.outputs(scores, items);
    }
}
