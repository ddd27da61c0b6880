package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.model.LinearModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PosteriorTest {
    private static final int DRAWS = 20_000;
    private static final ModelSpec SPEC = SpecReader.parse("posterior", """
            model: m
            objective: logistic
            labels: {click: 1}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
              genre: {type: category, from: item.genre}
            optimizer: {type: ftrl, alpha: 0.5, beta: 2, l2: 1}
            explore: {thompson: {scale: 2}}
            """);
    /** β/α + λ₂. */
    private static final double PRIOR = 5;

    private final Vectorizer vectorizer = new Vectorizer(SPEC);
    private final Map<Long, float[]> rows = new HashMap<>();
    private final WeightReader reader = (keys, n, out) -> {
        for (int i = 0; i < n; i++) {
            float[] row = rows.getOrDefault(keys[i], new float[Posterior.WIDTH]);
            System.arraycopy(row, 0, out, i * Posterior.WIDTH, Posterior.WIDTH);
        }
        return ServedVersion.NONE;
    };
    private final RequestVector request = RequestVector.of(
            vectorizer,
            RawFeatures.of(Map.of("user.id", new FeatureValue.Text("u"))),
            List.of(item("a", "x"), item("b", "x"), item("new", "x")));

    private static RawFeatures item(String id, String genre) {
        return RawFeatures.of(Map.of("item.id", new FeatureValue.Text(id), "item.genre", new FeatureValue.Text(genre)));
    }

    PosteriorTest() {
        // The request's own features, then two of each item.
        row(0, FeatureIds.BIAS, .25f, 400);
        int at = request.shared();
        row(at, request.vector().id(at), .5f, 95);
        row(at + 1, request.vector().id(at + 1), -.75f, 20);
        row(at + 2, request.vector().id(at + 2), 1, 395);
    }

    private void row(int feature, long key, float weight, float n) {
        assertTrue(feature < request.vector().size());
        rows.put(key, new float[] {weight, n});
    }

    @Test
    void drawsHaveTheMomentsOfThePosterior() {
        float[][] draws = new float[DRAWS][3];
        float[] scores = new float[3];
        Posterior.of(Posterior.orNull(SPEC, reader)).score(request, 11, scores, draws);
        double[] z = {.25 + .5 - .75, .25 + 1 - .75, .25 - .75};
        double genre = 4 / (PRIOR + 20);
        double[] variance = {4 / (PRIOR + 95) + genre, 4 / (PRIOR + 395) + genre, 4 / PRIOR + genre};
        for (int item = 0; item < 3; item++) {
            assertEquals(LinearModel.sigmoid((float) z[item]), scores[item], 1e-6, "scores are the mean's");
            double mean = 0;
            double square = 0;
            for (float[] draw : draws) {
                mean += draw[item] / DRAWS;
                square += draw[item] * (double) draw[item] / DRAWS;
            }
            assertEquals(z[item], mean, 5 * Math.sqrt(variance[item] / DRAWS), "item " + item);
            assertEquals(variance[item], square - mean * mean, .04 * variance[item], "item " + item);
        }
        // What two items share moves them together: their difference has no part of it.
        double difference = 0;
        for (float[] draw : draws) {
            difference += Math.pow(draw[0] - draw[1] - (z[0] - z[1]), 2) / DRAWS;
        }
        double own = 4 / (PRIOR + 95) + 4 / (PRIOR + 395);
        assertEquals(own, difference, .04 * own);
    }

    @Test
    void theSameSeedDrawsTheSameBits() {
        float[][] draws = new float[8][3];
        float[][] again = new float[8][3];
        float[][] others = new float[8][3];
        Posterior posterior = Posterior.of(Posterior.orNull(SPEC, reader));
        posterior.score(request, 5, new float[3], draws);
        posterior.score(request, 5, new float[3], again);
        posterior.score(request, 6, new float[3], others);
        for (int draw = 0; draw < draws.length; draw++) {
            assertArrayEquals(draws[draw], again[draw]);
            assertNotEquals(draws[draw][0], others[draw][0]);
        }
    }

    @Test
    void scoresAreTheBitsOfAnOrdinaryScore() {
        float[] drawn = new float[3];
        float[] plain = new float[3];
        Posterior.of(Posterior.orNull(SPEC, reader)).score(request, 5, drawn, new float[4][3]);
        GatheredScore.scorer(SPEC, reader).score(request, plain);
        assertArrayEquals(plain, drawn);
    }

    @Test
    void aModelThatAsksForNoneHasNone() {
        ModelSpec plain = SpecReader.parse("plain", """
                model: m
                objective: logistic
                labels: {click: 1}
                rewardWindow: 1s
                slots: {user: {type: category, from: user.id}}
                """);
        assertThrows(IllegalStateException.class, () -> Posterior.of(Posterior.orNull(plain, reader)));
    }

    @Test
    void numbersByHashAreNormal() {
        double sum = 0;
        double squares = 0;
        double fourths = 0;
        int n = 1 << 20;
        for (int i = 0; i < n; i++) {
            double x = NormalTable.at(77, i * 0x5851F42D4C957F2DL);
            sum += x;
            squares += x * x;
            fourths += x * x * x * x;
        }
        assertEquals(0, sum / n, .005);
        assertEquals(1, squares / n, .005);
        assertEquals(3, fourths / n, .05, "kurtosis of a normal distribution");
    }
}
