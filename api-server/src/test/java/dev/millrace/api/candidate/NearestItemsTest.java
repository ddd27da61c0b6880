package dev.millrace.api.candidate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.HandClock;
import dev.millrace.api.MemoryProfiles;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.serve.ReplicaState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NearestItemsTest {
    private static final int ITEMS = 60;

    private static ModelSpec spec(String type) {
        return SpecReader.parse("near.yml", """
                model: near
                objective: %s
                labels: {like: 1}
                rewardWindow: 5s
                slots:
                  user: {type: category, from: user.id}
                  item: {type: category, from: item.id}
                network: {type: %s, slots: [user, item], dim: 4, initial: 0.1%s}
                """.formatted(
                type.equals("mf") ? "squared" : "logistic", type, type.equals("widedeep") ? ", hidden: [4]" : ""));
    }

    /** Weights that are drawn by their keys. */
    private static final class Drawn implements ReplicaState {
        private static final ServedVersion VERSION = new ServedVersion(1, 0, 0, 0, Map.of(), 0, 0, 0, 0);

        static WeightServer of(ModelSpec spec) {
            int width = spec.network().width();
            return new GatheredWeightServer(
                    spec,
                    (keys, n, rows) -> {
                        for (int i = 0; i < n; i++) {
                            Random random = new Random(keys[i]);
                            for (int f = 0; f < width; f++) {
                                rows[i * width + f] = (float) random.nextGaussian() / 2;
                            }
                        }
                        return VERSION;
                    },
                    new Drawn());
        }

        @Override
        public ServedVersion version() {
            return VERSION;
        }

        @Override
        public boolean caughtUp() {
            return true;
        }

        @Override
        public void onApplied(Consumer<ServedVersion> listener) {}
    }

    private static RawFeatures of(String name, String value) {
        return RawFeatures.of(Map.of(name, new FeatureValue.Text(value)));
    }

    private static CandidateIndex index(ModelSpec spec) {
        var index = new CandidateIndex(
                CandidateIndexTest.config(1_000, 10, 10, 10, 10), spec.labels(), new HandClock(1_700_000_000_000L));
        IntStream.range(0, ITEMS).forEach(i -> index.known("i" + i, 1));
        return index;
    }

    @ParameterizedTest
    @ValueSource(strings = {"fm", "mf"})
    void whatPairsEmbeddingsIsNearInTheOrderOfItsScores(String type) {
        ModelSpec spec = spec(type);
        WeightServer weights = Drawn.of(spec);
        var nearest = new NearestItems(
                weights, new MemoryProfiles(), index(spec), CandidateIndexTest.config(1_000, 10, 10, 10, 10));
        RawFeatures anna = of("user.id", "anna");
        assertEquals(List.of(), nearest.nearest(anna, List.of()));
        nearest.build();
        assertEquals(ITEMS, nearest.size());
        List<RawFeatures> items =
                IntStream.range(0, ITEMS).mapToObj(i -> of("item.id", "i" + i)).toList();
        float[] scores = new float[ITEMS];
        weights.score(anna, items, scores);
        List<String> best = IntStream.range(0, ITEMS)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .limit(20)
                .map(i -> "i" + i)
                .toList();
        assertEquals(best, nearest.nearest(anna, List.of()).subList(0, 20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"widedeep"})
    void whatHasLayersIsNearWhatWasLiked(String type) {
        ModelSpec spec = spec(type);
        var nearest = new NearestItems(
                Drawn.of(spec), new MemoryProfiles(), index(spec), CandidateIndexTest.config(1_000, 10, 10, 10, 10));
        nearest.build();
        assertEquals(List.of(), nearest.nearest(of("user.id", "anna"), List.of("unknown")));
        assertEquals("i7", nearest.nearest(of("user.id", "anna"), List.of("i7")).getFirst());
    }
}
