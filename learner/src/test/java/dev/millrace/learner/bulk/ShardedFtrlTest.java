package dev.millrace.learner.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is gathered before waiting for others: it is that of the minibatch that follows, whatever the one before changes. */
class ShardedFtrlTest {
    private static final long SEED = 20261122;
    /** After these minibatches have their full length, and who has a place is settled. */
    private static final int BEFORE = 128 * ShardedFtrl.MOST;

    private static final int MINIBATCHES = 10;
    private static final int BEHIND = MINIBATCHES * ShardedFtrl.MOST;

    private static ModelSpec spec(boolean audit) {
        return SpecReader.parse("test", """
                model: m
                objective: logistic
                labels: {click: 1}
                rewardWindow: 5s
                slots:
                  a: {type: category, from: user.a}
                  x: {type: number, from: user.x}
                  b: {type: category, from: item.b}
                  y: {type: number, from: item.y}
                  c: {type: category, from: item.c}
                optimizer: {type: ftrl, alpha: 0.1, beta: 1}
                policies: {audit: %s}
                """.formatted(audit));
    }

    /** Blocks of these sizes; the i-th sample is the same in all of them. Some cannot be learned. */
    private static List<SampleBlock> blocks(ModelSpec spec, int size, int sizeBehind) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<SampleBlock> blocks = new ArrayList<>();
        FeatureVector vector = new FeatureVector();
        for (int from = 0; from < BEFORE + BEHIND; ) {
            SampleBlockBuilder builder = new SampleBlockBuilder();
            int to = from + (from < BEFORE ? size : sizeBehind);
            for (; from < to; from++) {
                vector.clear();
                vector.add(FeatureIds.BIAS, 1f);
                for (String slot : List.of("a", "x", "b", "y", "c")) {
                    boolean number = slot.equals("x") || slot.equals("y");
                    long hash = number ? FeatureIds.VALUE : 100 + (long) Math.exp(random.nextDouble() * 10);
                    float value = number ? (float) random.nextDouble(-2, 2) : 1f;
                    vector.add(FeatureIds.pack(FeatureIds.slot(slot), hash), value);
                }
                float label = random.nextInt(3) == 0 ? 1f : 0f;
                float weight = random.nextInt(200) == 0 ? Float.NaN : 1f;
                float keepRate = random.nextInt(4) == 0 ? 0.5f : 1f;
                builder.add(
                        new SampleBlockBuilder.Meta(1 + from, from, 0, label, weight, keepRate, 0.5f, 0, from), vector);
            }
            SampleBlock block = builder.build(new SampleBlock.Header("m", spec.fingerprint(), 0, 0));
            assertTrue(block.isUniform());
            blocks.add(block);
        }
        return blocks;
    }

    private static ShardState learn(ModelSpec spec, int workers, List<SampleBlock> blocks)
            throws IOException, InterruptedException {
        return new BulkTrainer(spec, new BulkTrainer.Config(workers, true, 100), (at, of, learned) -> {})
                .trainBlocks(blocks)
                .state();
    }

    /** Every row's bytes behind its key. */
    private static TreeMap<Long, String> rows(ParameterTable table) {
        TreeMap<Long, String> rows = new TreeMap<>();
        boolean audited = table.layout().audited();
        table.forEachRow(row -> rows.put(
                table.key(row),
                table.getLong(row, RowLayout.Z)
                        + (audited
                                ? " " + table.getInt(row, RowLayout.UPDATES) + " "
                                        + table.getLong(row, RowLayout.ID_SUM)
                                : "")));
        return rows;
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, true", "3, false"})
    void aBlockOfManyMinibatchesIsLearnedAsManyBlocks(int workers, boolean audit)
            throws IOException, InterruptedException {
        ModelSpec spec = spec(audit);
        List<SampleBlock> apart = blocks(spec, ShardedFtrl.MOST, ShardedFtrl.MOST);
        ShardState expected = learn(spec, workers, apart);
        ShardState found = learn(spec, workers, blocks(spec, ShardedFtrl.MOST, BEHIND));
        String seed = "seed " + SEED;
        assertEquals(rows(expected.table()), rows(found.table()), seed);
        long refused = 0;
        long ids = 0;
        for (SampleBlock block : apart) {
            for (int i = 0; i < block.size(); i++) {
                boolean isLearned = !Float.isNaN(block.weight(i));
                refused += isLearned ? 0 : 1;
                ids += isLearned ? block.sampleId(i) : 0;
            }
        }
        assertTrue(refused > 100, refused + " refused");
        assertEquals(refused, found.refused(), seed);
        assertEquals(BEFORE + BEHIND - refused, found.samples(), seed);
        assertEquals(ids, found.sampleIdSum(), seed);
    }
}
