package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class GatheredWeightServerTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {price: {type: number, from: item.price, standardize: true},"
                    + " user: {type: category, from: user.id}, item: {type: category, from: item.id}}}");
    private static final LinearModel MODEL = new LinearModel(SPEC);

    private final VersionedWeights weights = new VersionedWeights(MODEL);

    /** Every key that is read gets a row in the next version. */
    private void learn(RequestVector vector, Random random) {
        LongOpenHashSet keys = new LongOpenHashSet();
        int price = FeatureIds.slot("price");
        keys.add(FeatureIds.pack(price, Vectorizer.NUMBER_MEAN));
        keys.add(FeatureIds.pack(price, Vectorizer.NUMBER_SCALE));
        for (int i = 0; i < vector.vector().size(); i++) {
            keys.add(vector.vector().id(i));
        }
        float[] values = new float[keys.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        var header = new Delta.Header(0, 1, SPEC.fingerprint(), 0, 0, new TreeMap<>(), 0, 0, 0);
        weights.apply(
                new Delta(header, keys.toLongArray(), values),
                ServedVersion.before(1).after(header, 0));
    }

    private static RawFeatures item(String id, double price) {
        return RawFeatures.of(
                Map.of("item.id", new FeatureValue.Text(id), "item.price", new FeatureValue.Numeric(price)));
    }

    @Test
    void scoresTheSameBitsAsAReplicaInThisProcessInOneRead() {
        RawFeatures request = RawFeatures.of(Map.of("user.id", new FeatureValue.Text("u")));
        List<RawFeatures> items = List.of(item("a", 3), item("b", -2), item("a", 3));
        RequestVector vector = RequestVector.of(new Vectorizer(SPEC), request, items);
        learn(vector, new Random(1));
        float[] expected = new float[3];
        weights.score(vector, expected);

        int[] reads = {0};
        WeightReader reader = (keys, n, to) -> {
            reads[0]++;
            assertEquals(n, new LongOpenHashSet(keys).size(), "each key once");
            assertTrue(!new LongOpenHashSet(keys).contains(0));
            return weights.read(keys, n, to);
        };
        WeightServer gathered = new GatheredWeightServer(SPEC, reader, new State());
        float[] scores = new float[3];
        assertEquals(1, gathered.score(request, items, scores));
        assertArrayEquals(expected, scores);
        assertEquals(1, reads[0]);
        assertTrue(expected[0] != expected[1] && expected[0] == expected[2]);
    }

    private final class State implements ReplicaState {
        @Override
        public ServedVersion version() {
            return weights.version();
        }

        @Override
        public boolean caughtUp() {
            return true;
        }

        @Override
        public void onApplied(Consumer<ServedVersion> listener) {
            throw new UnsupportedOperationException();
        }
    }
}
