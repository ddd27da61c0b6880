package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class VersionedWeightsTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, policies: {maxRows: 10},"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final int SHARED_KEYS = 64;
    private static final int NEW_KEYS = 300;
    private static final int VERSIONS = 150;

    private final VersionedWeights weights = new VersionedWeights(new LinearModel(SPEC));

    private static ServedVersion version(long sequence) {
        return new ServedVersion(sequence, 0, 0, 0, Map.of(), 0, 0, 0, 0);
    }

    private void apply(long sequence, long[] keys, float weight) {
        float[] values = new float[keys.length];
        Arrays.fill(values, weight);
        var header = new Delta.Header(0, sequence, 0, 0, 0, new TreeMap<>(), 0, 0, 0);
        weights.apply(new Delta(header, keys, values), version(sequence));
    }

    private static float weightOf(long sequence) {
        return sequence * 0.03f - 2;
    }

    private static long key(Random random) {
        return 1 + random.nextLong(Long.MAX_VALUE - 1);
    }

    /** The learner's bound of the spec (10 here) is no second bound here. */
    @Test
    void everyRowThatTheLearnerSendsIsTaken() {
        apply(1, new Random(2).longs(50, 1, Long.MAX_VALUE).toArray(), 1f);
        assertEquals(50, weights.version().rows());
    }

    /** All shared keys weigh the same in one version, another weight in the next, and every version adds rows. */
    @Test
    void aRequestNeverSeesTwoVersionsWhileTheTableGrows() throws Exception {
        for (long seed = 1; seed <= 3; seed++) {
            Random random = new Random(seed);
            weights.replace(weights.emptyTable(), version(0));
            long[] shared = new long[SHARED_KEYS];
            for (int i = 0; i < SHARED_KEYS; i++) {
                shared[i] = key(random);
            }
            apply(1, shared, weightOf(1));
            int grown = 0;
            try (ExecutorService scorer = Executors.newSingleThreadExecutor()) {
                Future<Integer> scored = scorer.submit(() -> scoreUntil(VERSIONS, shared));
                for (long sequence = 2; sequence <= VERSIONS; sequence++) {
                    long before = weights.table().bytes();
                    long[] keys = Arrays.copyOf(shared, SHARED_KEYS + NEW_KEYS);
                    for (int i = SHARED_KEYS; i < keys.length; i++) {
                        keys[i] = key(random);
                    }
                    apply(sequence, keys, weightOf(sequence));
                    grown += weights.table().bytes() > before ? 1 : 0;
                }
                assertTrue(scored.get(30, TimeUnit.SECONDS) > 0, "seed " + seed);
            }
            assertTrue(grown >= 5, "seed " + seed + " grew " + grown + " times");
        }
    }

    /** @return how many requests were scored */
    private int scoreUntil(long last, long[] keys) {
        RequestVector request = new RequestVector(new Vectorizer(SPEC));
        for (long key : keys) {
            request.vector().add(key, 1f);
            request.endItem();
        }
        float[] scores = new float[keys.length];
        int requests = 0;
        for (long sequence = 0; sequence < last; requests++) {
            sequence = weights.score(request, scores);
            float expected = LinearModel.sigmoid(weightOf(sequence));
            for (float score : scores) {
                assertEquals(expected, score, "version " + sequence);
            }
        }
        return requests;
    }

    @Test
    void aTombstoneTakesTheRowAway() {
        apply(1, new long[] {5, 6}, 1f);
        apply(2, new long[] {5}, Float.NaN);
        assertEquals(1, weights.version().rows());
        assertEquals(ParameterTable.MISSING, weights.table().find(5));
        assertEquals(1f, weights.table().getFloat(weights.table().find(6), RowLayout.WEIGHT));
    }
}
