package dev.millrace.api.candidate;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.serve.WeightServer;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.List;

/**
 * One side of a request as a point: s = Σ xᵢ·vᵢ over its features with embeddings. What an item and a request are worth
 * together in a factorization machine is then ⟨s_request, s_item⟩, beside what the item is worth alone: Σ wᵢ·xᵢ and its
 * own pairs, ½(|s|² − Σ xᵢ²|vᵢ|²) (Rendle 2010). Immutable.
 */
final class SideVectors {
    private final WeightServer weights;
    private final Vectorizer vectorizer;
    private final LinearModel inputs;
    private final Fields fields;
    private final int dim;
    private final int width;

    SideVectors(WeightServer weights) {
        this.weights = weights;
        vectorizer = new Vectorizer(weights.spec());
        inputs = new LinearModel(weights.spec());
        fields = new Fields(weights.spec());
        dim = weights.spec().network().dim();
        width = weights.spec().rowWidth();
    }

    int dim() {
        return dim;
    }

    /** A request's point, [dim]. */
    float[] request(RawFeatures features) {
        FeatureVector vector = new FeatureVector();
        vectorizer.request(features, vectorizer.newRequest(), vector);
        return points(vector, new int[] {vector.size()})[0];
    }

    /** Each item's point and, behind it, what it is worth alone, [items, dim + 1]. */
    float[][] items(List<RawFeatures> items) {
        FeatureVector vector = new FeatureVector();
        Vectorizer.Request request = vectorizer.newRequest();
        int[] ends = new int[items.size()];
        for (int i = 0; i < ends.length; i++) {
            vectorizer.item(items.get(i), request, vector);
            ends[i] = vector.size();
        }
        return points(vector, ends);
    }

    private float[][] points(FeatureVector vector, int[] ends) {
        Long2IntOpenHashMap places = new Long2IntOpenHashMap(vector.size());
        inputs.places(vector, places);
        long[] keys = new long[places.size()];
        places.long2IntEntrySet().fastForEach(e -> keys[e.getIntValue()] = e.getLongKey());
        float[] rows = new float[keys.length * width];
        var unused = weights.read(keys, keys.length, rows);
        float[][] points = new float[ends.length][];
        int from = 0;
        for (int i = 0; i < ends.length; i++) {
            points[i] = point(vector, from, ends[i], places, rows);
            from = ends[i];
        }
        return points;
    }

    private float[] point(FeatureVector vector, int from, int to, Long2IntOpenHashMap places, float[] rows) {
        float[] point = new float[dim + 1];
        float alone = 0;
        float squares = 0;
        for (int i = from; i < to; i++) {
            long id = vector.id(i);
            int row = places.get(id) * width;
            float x = inputs.input(id, vector.value(i), key -> rows[places.get(key) * width]);
            alone += x * rows[row];
            if (fields.of(id) != Fields.WIDE_ONLY) {
                for (int f = 0; f < dim; f++) {
                    float product = x * rows[row + 1 + f];
                    point[f] += product;
                    squares += product * product;
                }
            }
        }
        for (int f = 0; f < dim; f++) {
            alone += point[f] * point[f] / 2;
        }
        point[dim] = alone - squares / 2;
        return point;
    }
}
