package dev.millrace.learner.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecException;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.Shelf;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** People come whom nobody knows, to a catalogue that is known: what is served for them after each of their actions. */
class OnlineFoldInTest {
    private static final int ITEMS = 80;
    private static final int RANK = 3;
    private static final int ACTIONS = 8;
    private static final String FOLD_IN = ", foldIn: {actions: 20, ridge: 1}";
    private static final long SEED = 11;

    private final float[][] tastes = new float[ITEMS][RANK];

    private static ModelSpec spec(String more) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: squared, labels: {rate: {perUnit: 1, atMost: 10}}, rewardWindow: 1s,"
                        + " slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}},"
                        + " optimizer: {alpha: 0.3, l2: 4},"
                        + " network: {type: mf, dim: 4, initial: 0.1, embeddings: {type: sgd, rate: 0.05, l2: 0.01}"
                        + more + "}}");
    }

    /** One process of learning, and what serves its deltas. */
    private final class World {
        private final ModelSpec spec;
        private final Vectorizer vectorizer;
        private TrainingShard shard;
        private final Shelf shelf = new Shelf();
        private final GatheredWeightServer server;
        private final Random random = new Random(SEED);
        private int record;

        World(ModelSpec spec) {
            this.spec = spec;
            vectorizer = new Vectorizer(spec);
            shard = TrainingShard.empty(spec, 100);
            server = new GatheredWeightServer(spec, shelf, shelf);
            for (float[] taste : tastes) {
                for (int f = 0; f < RANK; f++) {
                    taste[f] = (float) random.nextGaussian();
                }
            }
        }

        private static RawFeatures named(String name, String id) {
            return RawFeatures.of(Map.of(name, new FeatureValue.Text(id)));
        }

        /** Rates as many items, one batch each. */
        void act(String user, float[] taste, int actions) throws IOException {
            for (int i = 0; i < actions; i++) {
                int item = random.nextInt(ITEMS);
                FeatureVector vector = new FeatureVector();
                Vectorizer.Request hashed = vectorizer.newRequest();
                vectorizer.request(named("user.id", user), hashed, vector);
                vectorizer.item(named("item.id", "i" + item), hashed, vector);
                float label = rating(taste, item) + 0.1f * (float) random.nextGaussian();
                SampleBlockBuilder builder = new SampleBlockBuilder();
                builder.add(new SampleBlockBuilder.Meta(1 + record, record, 0, label, 1f, 1f, 0f, 0, 1_000L), vector);
                shard.learn(0, record++, builder.build(new SampleBlock.Header("m", spec.fingerprint(), 0, 0)));
                shelf.apply(DeltaCodec.decode(DeltaCodec.encode(shard.closeBatch(0))));
            }
        }

        float[] taste() {
            float[] taste = new float[RANK];
            for (int f = 0; f < RANK; f++) {
                taste[f] = (float) random.nextGaussian();
            }
            return taste;
        }

        /** Sum of the squared errors of what is served for all items. */
        double errors(String user, float[] taste) {
            List<RawFeatures> items = new ArrayList<>();
            for (int item = 0; item < ITEMS; item++) {
                items.add(named("item.id", "i" + item));
            }
            float[] scores = new float[ITEMS];
            server.score(named("user.id", user), items, scores);
            double sum = 0;
            for (int item = 0; item < ITEMS; item++) {
                double error = scores[item] - rating(taste, item);
                sum += error * error;
            }
            return sum;
        }

        /** RMSE over new people after each of their first actions, of what is served then. */
        double[] people() throws IOException {
            for (int user = 0; user < 150; user++) {
                act("known" + user, taste(), 40);
            }
            double[] rmse = new double[ACTIONS + 1];
            int people = 40;
            for (int user = 0; user < people; user++) {
                float[] taste = taste();
                for (int after = 0; after <= ACTIONS; after++) {
                    rmse[after] += errors("new" + user, taste);
                    act("new" + user, taste, 1);
                }
            }
            for (int after = 0; after <= ACTIONS; after++) {
                rmse[after] = Math.sqrt(rmse[after] / people / ITEMS);
            }
            return rmse;
        }
    }

    private float rating(float[] taste, int item) {
        float sum = 3;
        for (int f = 0; f < RANK; f++) {
            sum += taste[f] * tastes[item][f];
        }
        return sum;
    }

    @Test
    void aFewActionsTellATaste() throws IOException {
        double[] folded = new World(spec(FOLD_IN)).people();
        double[] gradient = new World(spec("")).people();
        String both = Arrays.toString(folded) + " folded in, by gradient " + Arrays.toString(gradient);
        for (int after = 3; after <= ACTIONS; after++) {
            assertTrue(folded[after] < 0.8 * gradient[after], both);
        }
        assertTrue(folded[ACTIONS] < 0.45 * folded[0], both);
    }

    @Test
    void aRestartGoesOnToTheBit() throws IOException {
        World one = new World(spec(FOLD_IN));
        World other = new World(spec(FOLD_IN));
        float[] taste = one.taste();
        other.taste();
        for (World world : List.of(one, other)) {
            world.act("a", taste, 15);
            world.act("b", taste, 3);
        }
        try (Snapshot snapshot = other.shard.snapshot(0)) {
            other.shard = TrainingShard.of(other.spec, snapshot, 100);
        }
        for (World world : List.of(one, other)) {
            world.act("a", taste, 10);
            world.act("b", taste, 10);
        }
        assertTrue(rows(one.shard).size() > 15);
        assertEquals(rows(one.shard), rows(other.shard));
    }

    /** Weight and embedding of every row. */
    private static Map<Long, List<Float>> rows(TrainingShard shard) {
        ParameterTable table = shard.state().table();
        Map<Long, List<Float>> rows = new HashMap<>();
        float[] vector = new float[4];
        table.forEachRow(row -> {
            table.getFloats(row, table.layout().vector(), vector, 0, vector.length);
            rows.put(
                    table.key(row),
                    List.of(
                            table.getFloat(row, RowLayout.Z),
                            table.getFloat(row, RowLayout.N),
                            vector[0],
                            vector[1],
                            vector[2],
                            vector[3]));
        });
        return rows;
    }

    @Test
    void onlyWhatItIsForTakesIt() {
        String message = String.valueOf(assertThrows(
                        SpecException.class,
                        () -> SpecReader.parse(
                                "test",
                                "{model: m, objective: logistic, labels: {like: 1}, rewardWindow: 1s, slots: {user:"
                                        + " {type: category, from: user.id}}, network: {type: fm, foldIn: {actions: 5}}}"))
                .getMessage());
        assertTrue(message.contains("network.foldIn"), message);
        assertEquals(20, spec(", foldIn: {}").network().foldIn().actions());
    }
}
