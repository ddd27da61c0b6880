package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.Shelf;
import dev.millrace.learner.training.ShardState;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.table.ParameterTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkStepTest extends StepContract {
    @Override
    Stream<String> networks() {
        return NetworkSpecs.all();
    }

    @Override
    Step create(ModelSpec spec, ParameterTable table, RowLife life) {
        return new NetworkStep(spec, table, life, Blas.best());
    }

    /** What serving scores from the deltas is what the learner predicts next, within 1e-5. */
    @ParameterizedTest
    @MethodSource("dev.millrace.learner.step.NetworkSpecs#all")
    void servingScoresAsTheLearnerPredicts(String network) throws IOException {
        long seed = 29;
        Random random = new Random(seed);
        ModelSpec spec = NetworkSpecs.spec(network);
        TrainingShard shard = TrainingShard.empty(spec, 10_000);
        Shelf shelf = new Shelf();
        var server = new GatheredWeightServer(spec, shelf, shelf);
        for (int round = 0; round < 6; round++) {
            List<RawFeatures> items = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                items.add(item(random));
            }
            RawFeatures request = RawFeatures.of(Map.of("user.id", new FeatureValue.Text("u")));
            if (round > 0) {
                compare(spec, shard, server, request, items);
            }
            shard.learn(0, round, block(spec, request, items, 1_000L * round, random));
            Delta delta = shard.closeBatch(0);
            shelf.apply(DeltaCodec.decode(DeltaCodec.encode(delta)));
        }
        assertEquals(0, shard.refused());
    }

    private static RawFeatures item(Random random) {
        return RawFeatures.of(Map.of(
                "item.id", new FeatureValue.Text("i" + random.nextInt(40)),
                "item.tags", new FeatureValue.Texts(List.of("t" + random.nextInt(5), "t" + random.nextInt(5))),
                "item.price", new FeatureValue.Numeric(random.nextInt(100))));
    }

    /** What a copy of the learner predicts for each item, if all of its rows are there: those born now serve later. */
    private static void compare(
            ModelSpec spec,
            TrainingShard shard,
            GatheredWeightServer server,
            RawFeatures request,
            List<RawFeatures> items)
            throws IOException {
        float[] scores = scores(server, request, items);
        int first = spec.heads().isEmpty() ? 0 : items.size();
        SampleBlock block = block(spec, request, items, 1, new Random(1));
        int compared = 0;
        try (Snapshot snapshot = shard.snapshot(0)) {
            for (int i = 0; i < items.size(); i += 3) {
                ShardState copy = TrainingShard.of(spec, snapshot, 10).state();
                Step step = new NetworkStep(spec, copy.table(), copy.life(), Blas.best());
                float[] predictions = new float[spec.heads().labels()];
                long before = copy.table().size();
                step.learn(block, new int[] {i}, 1, predictions, key -> {});
                if (copy.table().size() == before) {
                    float score = scores[first + i];
                    assertEquals(predictions[0], score, 1e-5 * Math.max(1, Math.abs(score)), "item " + i);
                    if (first > 0) {
                        assertEquals(predictions[1], scores[2 * items.size() + i], 1e-5, "item " + i);
                        assertEquals(combined(scores, items.size(), i), scores[i], "item " + i);
                    }
                    compared++;
                }
            }
        }
        assertTrue(compared > 10, compared + " compared");
        assertTrue(Arrays.equals(scores, scores(server, request, items)));
    }

    /** As the formula of the specs with heads says: click * (1 + 2 * like) + 0.1 * max(0, watch). */
    private static float combined(float[] scores, int items, int i) {
        double click = scores[items + i];
        double like = scores[2 * items + i];
        return (float) (click * (1 + 2 * like) + 0.1 * Math.max(0, scores[3 * items + i]));
    }

    /** The items' scores; behind them those of the heads, where there are some. */
    private static float[] scores(GatheredWeightServer server, RawFeatures request, List<RawFeatures> items) {
        float[] scores = new float[items.size() * (1 + server.spec().heads().count())];
        server.score(request, items, scores);
        return scores;
    }

    private static SampleBlock block(
            ModelSpec spec, RawFeatures request, List<RawFeatures> items, long firstId, Random random) {
        Vectorizer vectorizer = new Vectorizer(spec);
        Vectorizer.Request hashed = vectorizer.newRequest();
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        for (int i = 0; i < items.size(); i++) {
            vectorizer.request(request, hashed, vector);
            vectorizer.item(items.get(i), hashed, vector);
            builder.add(
                    new SampleBlockBuilder.Meta(firstId + i, i, 0, random.nextInt(2), 1f, 1f, 0.5f, 0, 1_000L), vector);
        }
        return builder.build(new SampleBlock.Header("m", spec.fingerprint(), 0, 0));
    }
}
