package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.Samples;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FtrlStepTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id},"
                    + " price: {type: number, from: item.price, standardize: true}},"
                    + " optimizer: {type: ftrl, alpha: 0.3, beta: 1, l1: 0.05, l2: 0.01}}");

    private final ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 100_000);
    private final FtrlStep step = new FtrlStep(SPEC, table, new RowLife(SPEC, table));
    private final Set<Long> touched = new LinkedHashSet<>();

    /** Algorithm 1, written down plainly in double precision. */
    private static final class Plain {
        private final Map<Long, double[]> rows = new HashMap<>();

        void learn(SampleBlock block, int i) {
            Ftrl ftrl = SPEC.optimizer();
            double score = 0;
            for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                double[] row = rows.computeIfAbsent(block.featureId(f), k -> new double[2]);
                score += FtrlRows.weight(row[0], row[1], ftrl) * block.featureValue(f);
            }
            double p = 1 / (1 + Math.exp(-score));
            for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                double[] row = rows.computeIfAbsent(block.featureId(f), k -> new double[2]);
                double g = (p - block.label(i)) * block.featureValue(f);
                double sigma = (Math.sqrt(row[1] + g * g) - Math.sqrt(row[1])) / ftrl.alpha();
                row[0] += g - sigma * FtrlRows.weight(row[0], row[1], ftrl);
                row[1] += g * g;
            }
        }
    }

    private boolean learn(SampleBlock block) {
        return step.learn(block, new int[] {0}, 1, new float[1], touched::add) == 1;
    }

    @Test
    void agreesWithThePlainAlgorithm() {
        long seed = 7;
        Random random = new Random(seed);
        Plain plain = new Plain();
        for (int i = 0; i < 5_000; i++) {
            SampleBlock block = Samples.random(random, SPEC.fingerprint(), i, 1);
            assertTrue(learn(block));
            plain.learn(block, 0);
        }
        assertTrue(plain.rows.size() > 100);
        plain.rows.forEach((key, expected) -> {
            long row = table.find(key);
            // Floats against doubles: relative error of some 5,000 roundings.
            assertEquals(expected[0], table.getFloat(row, RowLayout.Z), 2e-3 * (1 + Math.abs(expected[0])), "z " + key);
            assertEquals(expected[1], table.getFloat(row, RowLayout.N), 2e-3 * (1 + expected[1]), "n " + key);
        });
        assertTrue(touched.containsAll(plain.rows.keySet()), "seed " + seed);
    }

    @Test
    void biasRowCountsSamplesAndSumsTheirIds() {
        long sum = 0;
        for (int i = 0; i < 10; i++) {
            learn(Samples.one(SPEC.fingerprint(), 1_000L * i + 3, 1f, 1f, 42L));
            sum += 1_000L * i + 3;
        }
        long bias = table.find(FeatureIds.BIAS);
        assertEquals(10, table.getInt(bias, RowLayout.UPDATES));
        assertEquals(sum, table.getLong(bias, RowLayout.ID_SUM));
        assertEquals(Samples.EVENT_TIME_MS / 1000, table.getInt(bias, RowLayout.LAST_UPDATE_S));
    }

    /** At keep rate r, σ(z) must come out as the true rate although the sample shows odds / r. */
    @Test
    void keepRateIsCorrectedWhileTraining() {
        Random random = new Random(11);
        double trueRate = 0.1;
        float keep = 0.1f;
        for (int i = 0; i < 200_000; i++) {
            boolean positive = random.nextDouble() < trueRate;
            if (positive || random.nextDouble() < keep) {
                learn(Samples.kept(SPEC.fingerprint(), i, positive ? 1f : 0f, keep));
            }
        }
        long bias = table.find(FeatureIds.BIAS);
        double w =
                FtrlRows.weight(table.getFloat(bias, RowLayout.Z), table.getFloat(bias, RowLayout.N), SPEC.optimizer());
        assertEquals(trueRate, 1 / (1 + Math.exp(-w)), 0.01);
    }

    @Test
    void standardizedNumberLearnsMeanAndVariance() {
        long value = FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_VALUE);
        long mean = FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_MEAN);
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            float x = (float) (50 + 10 * random.nextGaussian());
            learn(Samples.one(SPEC.fingerprint(), i, 1f, x, value));
        }
        long row = table.find(mean);
        assertEquals(50, table.getFloat(row, RowLayout.Z), 0.5);
        assertEquals(1 / 10.0, FtrlRows.scale(table, row), 0.003);
        assertTrue(touched.contains(mean));
    }

    /** A float that remembered every sample would hold still; a window follows. */
    @Test
    void standardizationFollowsWhenTheNumbersDrift() {
        long value = FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_VALUE);
        long mean = FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_MEAN);
        Random random = new Random(6);
        for (int i = 0; i < 8 * FtrlRows.WINDOW; i++) {
            double center = i < 4 * FtrlRows.WINDOW ? 50 : 90;
            float x = (float) (center + 10 * random.nextGaussian());
            learn(Samples.one(SPEC.fingerprint(), i, 1f, x, value));
        }
        long row = table.find(mean);
        assertEquals(90, table.getFloat(row, RowLayout.Z), 2);
        // What is left of the jump, e⁻⁴ · 40², adds to the variance.
        assertEquals(1 / 11.4, FtrlRows.scale(table, row), 0.005);
    }

    @Test
    void aRowThatWouldOverflowStaysAsItIs() {
        learn(Samples.one(SPEC.fingerprint(), 1, 1f, 1e30f, 42L));
        assertEquals(ParameterTable.MISSING, table.find(42L), "no row is made for it either");
        assertFalse(touched.contains(42L));
        assertTrue(learn(Samples.one(SPEC.fingerprint(), 2, 1f, 1f, 42L)));
        float n = table.getFloat(table.find(42L), RowLayout.N);
        assertTrue(n > 0);
        learn(Samples.one(SPEC.fingerprint(), 3, 0f, 1e30f, 42L));
        assertEquals(n, table.getFloat(table.find(42L), RowLayout.N));
        assertEquals(1, table.getInt(table.find(42L), RowLayout.UPDATES));
    }

    @Test
    void aGradientThatIsNotFiniteChangesNothing() {
        assertFalse(learn(Samples.one(SPEC.fingerprint(), 1, Float.NaN, 1f, 42L)));
        assertFalse(learn(Samples.one(SPEC.fingerprint(), 1, 1f, Float.POSITIVE_INFINITY, 42L)));
        assertEquals(0, table.size());
        assertTrue(touched.isEmpty());
    }
}
