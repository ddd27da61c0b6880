package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scoring looks at its time, and stops where it is over. The time here is a number of looks. */
class ScoreTimeTest {
    private static final int ITEMS = 1_000;
    private static final float UNSCORED = -1;
    private static final RawFeatures REQUEST = RawFeatures.of(Map.of("user.id", new FeatureValue.Text("u")));

    private static ModelSpec spec(String more) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}}"
                        + more
                        + "}");
    }

    private static final String LINEAR = "";
    private static final String DEEP =
            ", network: {type: deepfm, slots: [user, item], dim: 4, hidden: [8], initial: 0.1}";
    private static final String DRAWN = ", explore: {thompson: {scale: 1}}";

    private static WeightServer server(ModelSpec spec) {
        WeightReader zeros = (keys, n, to) -> {
            Arrays.fill(to, 0, n * spec.rowWidth(), 0f);
            return ServedVersion.before(1);
        };
        return new GatheredWeightServer(spec, zeros, new Nothing());
    }

    private static List<RawFeatures> items() {
        List<RawFeatures> items = new ArrayList<>();
        for (int i = 0; i < ITEMS; i++) {
            items.add(RawFeatures.of(Map.of("item.id", new FeatureValue.Text("i" + i))));
        }
        return items;
    }

    /** Looks until it is over; how often it was asked. */
    private static final class Looks {
        private final int most;
        private int asked;

        Looks(int most) {
            this.most = most;
        }

        private long leftNs() {
            asked++;
            return (long) most - asked;
        }

        private float[] score(ModelSpec spec, float[] scores) throws Exception {
            return ScoreTime.within(this::leftNs, () -> {
                WeightServer server = server(spec);
                List<RawFeatures> items = items();
                if (spec.explore().thompson() == null) {
                    server.score(REQUEST, items, scores);
                } else {
                    server.draw(REQUEST, items, 1, scores, new float[2][ITEMS]);
                }
                return scores;
            });
        }
    }

    private static float[] unscored() {
        float[] scores = new float[ITEMS];
        Arrays.fill(scores, UNSCORED);
        return scores;
    }

    @ParameterizedTest
    @ValueSource(strings = {LINEAR, DEEP, DRAWN})
    void everyLookMayBeTheLast(String more) throws Exception {
        ModelSpec spec = spec(more);
        Looks all = new Looks(Integer.MAX_VALUE);
        float[] scores = all.score(spec, unscored());
        for (float score : scores) {
            assertTrue(score >= 0 && score <= 1);
        }
        assertTrue(all.asked >= 2 * (ITEMS / 128), "looked " + all.asked + " times, at vectors and at scores");
        for (int look = 1; look <= all.asked; look++) {
            Looks some = new Looks(look);
            float[] part = unscored();
            assertThrows(ScoreTime.Over.class, () -> some.score(spec, part));
            assertEquals(look, some.asked, "it ends there and then");
            assertEquals(UNSCORED, part[ITEMS - 1]);
        }
        assertArrayEquals(scores, new Looks(all.asked + 1).score(spec, unscored()));
    }

    @Test
    void theTimeGoesWithTheWorkToAnotherThread() throws Exception {
        assertEquals(Long.MAX_VALUE, ScoreTime.carried(ScoreTime::leftNs).call());
        var carried = ScoreTime.within(() -> 5, () -> ScoreTime.carried(ScoreTime::leftNs));
        assertEquals(5, carried.call());
        assertEquals(Long.MAX_VALUE, ScoreTime.leftNs());
    }

    private static final class Nothing implements ReplicaState {
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
}
