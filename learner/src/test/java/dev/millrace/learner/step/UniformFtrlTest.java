package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many samples of the same slots at once: the same bits as sample by sample, which is the other way. */
class UniformFtrlTest {
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            {model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {
             a: {type: category, from: user.a}, x: {type: number, from: user.x}, b: {type: category, from: item.b},
             y: {type: number, from: item.y}, c: {type: category, from: item.c}},
             optimizer: {type: ftrl, alpha: 0.3, beta: 1, l1: 0.05, l2: 0.01}, policies: {audit: false}}""");

    private static final class Learner {
        private final ParameterTable table;
        private final FtrlStep step;
        private final TreeSet<Long> touched = new TreeSet<>();

        Learner(long maxRows) {
            table = new OffHeapTable(RowLayout.FTRL, maxRows);
            step = new FtrlStep(SPEC, table, new RowLife(SPEC, table));
        }

        TreeMap<Long, Long> rows() {
            TreeMap<Long, Long> rows = new TreeMap<>();
            table.forEachRow(row -> rows.put(table.key(row), table.getLong(row, RowLayout.Z)));
            return rows;
        }
    }

    private static SampleBlock block(SplittableRandom random, int samples, float odd) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        for (int i = 0; i < samples; i++) {
            vector.clear();
            vector.add(FeatureIds.BIAS, 1f);
            for (String slot : new String[] {"a", "x", "b", "y", "c"}) {
                boolean number = slot.equals("x") || slot.equals("y");
                long hash = number ? FeatureIds.VALUE : 100 + (long) Math.exp(random.nextDouble() * 8);
                float value = number ? (float) random.nextDouble(-2, 2) : 1f;
                vector.add(FeatureIds.pack(FeatureIds.slot(slot), hash), value);
            }
            float label = random.nextInt(3) == 0 ? 1f : 0f;
            float weight = random.nextInt(200) == 0 ? odd : 1f;
            long id = random.nextLong();
            builder.add(new SampleBlockBuilder.Meta(id, id, 0, label, weight, 0.5f, 0.5f, 0, id), vector);
        }
        return builder.build(new SampleBlock.Header("m", SPEC.fingerprint(), 0, 0));
    }

    private static void compare(long maxRows, float odd) {
        SplittableRandom random = new SplittableRandom(21);
        Learner many = new Learner(maxRows);
        Learner single = new Learner(maxRows);
        for (int round = 0; round < 60; round++) {
            SampleBlock block = block(random, 150, odd);
            assertTrue(block.isUniform());
            // Some were learned before.
            int[] samples =
                    IntStream.range(0, block.size()).filter(i -> i % 7 != 3).toArray();
            float[] predictions = new float[samples.length];
            int learned = many.step.learn(block, samples, samples.length, predictions, many.touched::add);
            float[] expected = new float[samples.length];
            int count = 0;
            float[] one = new float[1];
            for (int i = 0; i < samples.length; i++) {
                FeatureVector vector = new FeatureVector();
                SampleBlockBuilder builder = new SampleBlockBuilder();
                builder.add(block, samples[i], vector);
                SampleBlock alone = builder.build(block.header());
                count += single.step.learn(alone, new int[] {0}, 1, one, single.touched::add);
                expected[i] = one[0];
            }
            assertEquals(count, learned);
            assertArrayEquals(expected, predictions);
        }
        assertEquals(single.rows(), many.rows());
        assertEquals(single.touched, many.touched);
    }

    @Test
    void theSameBitsAsSampleBySample() {
        compare(1 << 20, 2.5f);
    }

    @Test
    void alsoWhereTheTableIsFull() {
        compare(500, 1f);
    }

    @Test
    void alsoWithSamplesThatAreRefused() {
        compare(1 << 20, Float.NaN);
    }
}
