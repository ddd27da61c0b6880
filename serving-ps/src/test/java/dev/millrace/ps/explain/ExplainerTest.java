package dev.millrace.ps.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.serve.ReplicaState;
import dev.millrace.ps.serve.ServedVersion;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplainerTest {
    private static final RawFeatures REQUEST = RawFeatures.of(Map.of(
            "user.id", new FeatureValue.Text("anna"),
            "user.age", new FeatureValue.Numeric(33),
            "context.device", new FeatureValue.Text("phone")));
    private static final RawFeatures ITEM = RawFeatures.of(Map.of(
            "item.id", new FeatureValue.Text("hat"),
            "item.tags", new FeatureValue.Texts(List.of("red", "wool")),
            "item.title", new FeatureValue.Text("A woolly Hat"),
            "item.price", new FeatureValue.Numeric(12.5)));

    private static ModelSpec spec(String network) {
        return SpecReader.parse("explained.yml", """
                model: explained
                objective: logistic
                labels: {like: 1}
                rewardWindow: 5s
                slots:
                  user: {type: category, from: user.id}
                  age: {type: number, from: user.age, bins: [18, 40]}
                  device: {type: category, from: context.device, crossedOnly: true}
                  item: {type: category, from: item.id}
                  tags: {type: categories, from: item.tags}
                  title: {type: text, from: item.title}
                  price: {type: number, from: item.price, transform: log1p, standardize: true}
                crosses: [[user, tags], [device, item]]
                """ + network);
    }

    private static ModelSpec of(String type) {
        return type.equals("mf") ? SpecReader.parse("factors.yml", """
                model: factors
                objective: squared
                labels: {like: 1}
                rewardWindow: 5s
                slots:
                  user: {type: category, from: user.id}
                  item: {type: category, from: item.id}
                network: {type: mf, slots: [user, item], dim: 4, initial: 0.1}
                """) : spec(network(type));
    }

    private static String network(String type) {
        return switch (type) {
            case "linear" -> "";
            case "fm", "fwfm" -> "network: {type: " + type + ", slots: [user, age, item, tags], dim: 4, initial: 0.1}";
            case "dcn" ->
                "network: {type: dcn, slots: [user, item, tags], dim: 4, hidden: [16, 8], crossLayers: 2, initial: 0.1}";
            default ->
                "network: {type: " + type + ", slots: [user, item, tags], dim: 4, hidden: [16, 8], initial: 0.1}";
        };
    }

    /** Rows that are drawn by their keys; a scale is positive. */
    private static void draw(int width, long[] keys, int n, float[] rows) {
        for (int i = 0; i < n; i++) {
            Random random = new Random(keys[i] * 31);
            for (int f = 0; f < width; f++) {
                rows[i * width + f] = (float) random.nextGaussian() * 0.25f;
            }
            rows[i * width] = (keys[i] & 0xFFFF_FFFF_FFFFL) == 3 ? 0.8f : rows[i * width];
        }
    }

    private static final class State implements ReplicaState {
        @Override
        public ServedVersion version() {
            return ServedVersion.NONE;
        }

        @Override
        public boolean caughtUp() {
            return true;
        }

        @Override
        public void onApplied(Consumer<ServedVersion> listener) {}
    }

    private static float served(ModelSpec spec) {
        int width = spec.network().width();
        var weights = new GatheredWeightServer(
                spec,
                (keys, n, rows) -> {
                    draw(width, keys, n, rows);
                    return ServedVersion.NONE;
                },
                new State());
        float[] scores = new float[1];
        weights.score(REQUEST, List.of(ITEM), scores);
        return scores[0];
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "mf", "fm", "fwfm", "widedeep", "deepfm", "dcn"})
    void contributionsSumToTheLogitThatServes(String type) {
        ModelSpec spec = of(type);
        Explainer explainer = new Explainer(spec);
        FeatureVector vector = explainer.vector(REQUEST, ITEM);
        long[] keys = explainer.keys(List.of(vector));
        float[] rows = new float[keys.length * explainer.width()];
        draw(explainer.width(), keys, keys.length, rows);
        Explained explained = explainer.explain(vector, keys, rows);
        double sum = explained.base() + Arrays.stream(explained.contributions()).sum();
        assertEquals(explained.logit(), sum, 1e-9);
        double served = served(spec);
        assertEquals(type.equals("mf") ? served : Math.log(served / (1 - served)), sum, 1e-5);
        assertEquals(served, explainer.output(explained.logit()), 1e-6);
        assertEquals(0, explained.rest(), 1e-4, "what was missed before it was spread");
        assertTrue(Arrays.stream(explained.contributions()).filter(c -> c != 0).count() >= (type.equals("mf") ? 3 : 8));
    }

    /** Each feature's mean gain over all orders in which features may come (Shapley 1953), of the model as it scores. */
    @ParameterizedTest
    @ValueSource(strings = {"mf", "fm"})
    void halfOfEachPairIsTheShapleyValue(String type) {
        ModelSpec spec = of(type);
        Explainer explainer = new Explainer(spec);
        FeatureVector vector = explainer.vector(REQUEST, ITEM);
        long[] keys = explainer.keys(List.of(vector));
        float[] rows = new float[keys.length * explainer.width()];
        draw(explainer.width(), keys, keys.length, rows);
        double[] shapley = new double[vector.size()];
        Random random = new Random(5);
        int orders = 400;
        List<Integer> order = new java.util.ArrayList<>(
                IntStream.range(0, vector.size()).boxed().toList());
        for (int o = 0; o < orders; o++) {
            if (o % 2 == 0) {
                java.util.Collections.shuffle(order, random);
            } else {
                // The reverse of each order makes the mean exact for pairs.
                java.util.Collections.reverse(order);
            }
            FeatureVector some = new FeatureVector();
            double before = 0;
            for (int i : order) {
                some.add(vector.id(i), vector.value(i));
                double after = explainer.explain(some, keys, rows).logit();
                shapley[i] += (after - before) / orders;
                before = after;
            }
        }
        double[] contributions = explainer.explain(vector, keys, rows).contributions();
        for (int i = 0; i < shapley.length; i++) {
            assertEquals(shapley[i], contributions[i], 1e-4);
        }
    }

    @Test
    void everyFeatureHasAName() {
        ModelSpec spec = spec("");
        Explainer explainer = new Explainer(spec);
        FeatureVector vector = explainer.vector(REQUEST, ITEM);
        FeatureNames names = new FeatureNames(spec);
        Map<Long, String> known = names.of(REQUEST, ITEM);
        Set<String> found = new HashSet<>();
        for (int i = 0; i < vector.size(); i++) {
            found.add(names.name(vector.id(i), known));
        }
        assertEquals(
                Set.of(
                        "(bias)",
                        "user=anna",
                        "age=33",
                        "item=hat",
                        "tags=red",
                        "tags=wool",
                        "title=A",
                        "title=woolly",
                        "title=Hat",
                        "price=12.5",
                        "user=anna * tags=red",
                        "user=anna * tags=wool",
                        "device=phone * item=hat"),
                found);
        long other = FeatureIds.pack(FeatureIds.slot("tags"), 0xabc);
        assertEquals("tags#abc", names.name(other, known));
    }
}
