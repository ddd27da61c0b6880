package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
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

    /** Every item is a negative at once, and a positive follows for some: σ(z) must come out as the true rate. */
    @Test
    void fakeNegativesAreWeighedAway() {
        double trueRate = 0.4;
        for (float keep : new float[] {1f, 0.1f}) {
            ParameterTable rows = new OffHeapTable(RowLayout.TRAINING, 1_000);
            FtrlStep weighed = new FtrlStep(SPEC, rows, new RowLife(SPEC, rows));
            Random random = new Random(12);
            double sum = 0;
            for (int i = 0; i < 100_000; i++) {
                if (random.nextDouble() < keep) {
                    weighed.learn(flagged(i, 0f, keep), new int[] {0}, 1, new float[1], touched::add);
                }
                if (random.nextDouble() < trueRate) {
                    weighed.learn(flagged(-i, 1f, keep), new int[] {0}, 1, new float[1], touched::add);
                }
                sum += i < 50_000 ? 0 : 1 / (1 + Math.exp(-bias(rows)));
            }
            assertEquals(trueRate, sum / 50_000, 0.01, "keep rate " + keep);
        }
    }

    private static double bias(ParameterTable rows) {
        long bias = rows.find(FeatureIds.BIAS);
        return bias == ParameterTable.MISSING
                ? 0
                : FtrlRows.weight(rows.getFloat(bias, RowLayout.Z), rows.getFloat(bias, RowLayout.N), SPEC.optimizer());
    }

    private static SampleBlock flagged(long id, float label, float keepRate) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        vector.add(FeatureIds.BIAS, 1f);
        builder.add(
                new SampleBlockBuilder.Meta(
                        id, id, 0, label, 1f, keepRate, 0.5f, 0, Samples.EVENT_TIME_MS, SampleBlock.FAKE_NEGATIVES),
                vector);
        return builder.build(new SampleBlock.Header("m", SPEC.fingerprint(), 1, 1));
    }

    /** Algorithm 1 at weight w has the gradient w times as large; −1 goes the way back. */
    @Test
    void weightsScaleTheGradientAndTakeItBack() {
        FeatureVector vector = new FeatureVector();
        vector.add(FeatureIds.BIAS, 1f);
        float[] zs = new float[3];
        float[] weights = {1f, 5f, -1f};
        for (int i = 0; i < weights.length; i++) {
            ParameterTable rows = new OffHeapTable(RowLayout.TRAINING, 1_000);
            SampleBlockBuilder builder = new SampleBlockBuilder();
            builder.add(
                    new SampleBlockBuilder.Meta(1, 1, 0, 1f, weights[i], 1f, 0.5f, 0, Samples.EVENT_TIME_MS), vector);
            new FtrlStep(SPEC, rows, new RowLife(SPEC, rows))
                    .learn(
                            builder.build(new SampleBlock.Header("m", SPEC.fingerprint(), 1, 1)),
                            new int[] {0},
                            1,
                            new float[1],
                            touched::add);
            zs[i] = rows.getFloat(rows.find(FeatureIds.BIAS), RowLayout.Z);
        }
        assertEquals(-0.5f, zs[0]);
        assertEquals(-2.5f, zs[1]);
        assertEquals(0.5f, zs[2]);
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
