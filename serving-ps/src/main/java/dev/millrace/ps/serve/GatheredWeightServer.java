package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.parity.ShardParity;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.List;
import java.util.function.Consumer;

/**
 * Scores with weights that are kept elsewhere: all keys of a request are read at once, in one version, each of them
 * once. The same bits as a replica in this process, at the same version.
 */
public final class GatheredWeightServer implements WeightServer {
    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final LinearModel model;
    private final WeightReader reader;
    private final ReplicaState state;

    /** @param state of the weights that are read */
    public GatheredWeightServer(ModelSpec spec, WeightReader reader, ReplicaState state) {
        this.spec = spec;
        this.reader = reader;
        this.state = state;
        vectorizer = new Vectorizer(spec);
        model = new LinearModel(spec);
    }

    @Override
    public ModelSpec spec() {
        return spec;
    }

    @Override
    public ServedVersion version() {
        return state.version();
    }

    @Override
    public boolean caughtUp() {
        return state.caughtUp();
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        state.onApplied(listener);
    }

    @Override
    public List<ShardParity> parity() {
        return state.parity();
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        RequestVector vector = RequestVector.of(vectorizer, request, items);
        Long2IntOpenHashMap places = places(vector.vector());
        long[] keys = new long[places.size()];
        places.long2IntEntrySet().fastForEach(e -> keys[e.getIntValue()] = e.getLongKey());
        float[] weights = new float[keys.length];
        ServedVersion version = reader.read(keys, keys.length, weights);
        vector.score(model, key -> weights[places.get(key)], scores);
        return version.sequence();
    }

    /** Every key that scoring looks up, to its place in what is read. */
    private Long2IntOpenHashMap places(FeatureVector vector) {
        Long2IntOpenHashMap places = new Long2IntOpenHashMap(vector.size());
        for (int i = 0; i < vector.size(); i++) {
            long id = vector.id(i);
            places.putIfAbsent(id, places.size());
            if (model.isStandardized(id)) {
                int slot = FeatureIds.slotOf(id);
                places.putIfAbsent(FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN), places.size());
                places.putIfAbsent(FeatureIds.pack(slot, Vectorizer.NUMBER_SCALE), places.size());
            }
        }
        return places;
    }
}
