package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;

/** Scores a request with one read of all the weights that it needs, each of them once. */
final class GatheredScore {
    private GatheredScore() {}

    /** What scores with weights that are read so. */
    static Scorer scorer(ModelSpec spec, WeightReader reader) {
        if (!spec.network().isLinear()) {
            return new NetworkScore(spec, reader);
        }
        LinearModel model = new LinearModel(spec);
        int width = spec.rowWidth();
        return (request, scores) -> of(model, width, request, reader, scores);
    }

    private static long of(LinearModel model, int width, RequestVector request, WeightReader reader, float[] scores) {
        Long2IntOpenHashMap places = places(model, request.vector());
        long[] keys = new long[places.size()];
        places.long2IntEntrySet().fastForEach(e -> keys[e.getIntValue()] = e.getLongKey());
        float[] weights = new float[keys.length * width];
        ServedVersion version = reader.read(keys, keys.length, weights);
        request.score(model, key -> weights[places.get(key) * width], scores);
        return version.sequence();
    }

    /** Every key that scoring looks up, to its place in what is read. */
    static Long2IntOpenHashMap places(LinearModel model, FeatureVector vector) {
        Long2IntOpenHashMap places = new Long2IntOpenHashMap(vector.size());
        model.places(vector, places);
        return places;
    }
}
