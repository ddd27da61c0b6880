package dev.millrace.learner.remote.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MinibatchTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id},"
                    + " price: {type: number, from: item.price, standardize: true}},"
                    + " optimizer: {type: ftrl, alpha: 0.3, beta: 1, l1: 0.05, l2: 0.01}}");
    private static final int PRICE = FeatureIds.slot("price");
    private static final long VALUE = FeatureIds.pack(PRICE, Vectorizer.NUMBER_VALUE);
    private static final long MEAN = FeatureIds.pack(PRICE, Vectorizer.NUMBER_MEAN);
    private static final int SHARDS = 3;

    private final List<ShardState> shards = new ArrayList<>();
    private final List<PushApplier> appliers = new ArrayList<>();
    private final Routes routes = new Routes(SPEC, SHARDS);

    MinibatchTest() {
        for (int shard = 0; shard < SHARDS; shard++) {
            shards.add(ShardState.empty(SPEC, new ShardState.Id(shard, SHARDS)));
            appliers.add(new PushApplier(shards.get(shard)));
        }
    }

    /**
     * The definition: Algorithm 1 over the samples one by one, with every gradient and every w as at the beginning of
     * the batch, in double precision.
     */
    private static final class Plain {
        private final Map<Long, double[]> rows = new HashMap<>();

        void learn(List<SampleBlock> batch) {
            Ftrl ftrl = SPEC.optimizer();
            Map<Long, Double> start = new HashMap<>();
            rows.forEach((key, row) -> start.put(key, FtrlRows.weight(row[0], row[1], ftrl)));
            for (SampleBlock block : batch) {
                double z = 0;
                for (int f = 0; f < block.offset(1); f++) {
                    z += start.getOrDefault(block.featureId(f), 0.0) * block.featureValue(f);
                }
                double p = 1 / (1 + Math.exp(-z));
                for (int f = 0; f < block.offset(1); f++) {
                    double[] row = rows.computeIfAbsent(block.featureId(f), k -> new double[3]);
                    double g = (p - block.label(0)) * block.featureValue(f);
                    double sigma = (Math.sqrt(row[1] + g * g) - Math.sqrt(row[1])) / ftrl.alpha();
                    row[0] += g - sigma * start.getOrDefault(block.featureId(f), 0.0);
                    row[1] += g * g;
                    row[2]++;
                }
            }
        }
    }

    private SampleBatch batch(long first, List<SampleBlock> blocks) {
        SampleBatch batch = new SampleBatch(0, first, SPEC.fingerprint(), id -> true);
        for (int i = 0; i < blocks.size(); i++) {
            batch.add(first + i, blocks.get(i));
        }
        return batch;
    }

    /** Pull, learn, push: what a worker does, without a network. */
    private List<ByteBuffer> learn(SampleBatch batch) {
        MinibatchStep step = MinibatchStep.gather(SPEC, batch, routes);
        for (int i = 0; i < step.keys().size(); i++) {
            long key = step.keys().key(i);
            step.weight(i, appliers.get(routes.shardOf(key)).weight(key));
        }
        step.learn();
        List<ByteBuffer> pushes = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            pushes.add(step.push(shard));
            appliers.get(shard).apply(new Push(pushes.get(shard)));
        }
        return pushes;
    }

    private long row(long key) {
        return shards.get(routes.shardOf(key)).table().find(key);
    }

    private ParameterTable table(long key) {
        return shards.get(routes.shardOf(key)).table();
    }

    @Test
    void mergedBatchEqualsThePlainLoopWithTheBatchsWeights() {
        long seed = 5;
        Random random = new Random(seed);
        Plain plain = new Plain();
        long id = 0;
        long idSum = 0;
        for (int b = 0; b < 200; b++) {
            List<SampleBlock> blocks = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(40); i++) {
                idSum += id;
                blocks.add(Samples.random(random, SPEC.fingerprint(), id++, 1));
            }
            learn(batch(1_000L * b, blocks));
            plain.learn(blocks);
        }
        assertTrue(plain.rows.size() > 100);
        plain.rows.forEach((key, expected) -> {
            // Floats against doubles: relative error of some 200 roundings.
            assertEquals(expected[0], table(key).getFloat(row(key), RowLayout.Z), 1e-3 * (1 + Math.abs(expected[0])));
            assertEquals(expected[1], table(key).getFloat(row(key), RowLayout.N), 1e-3 * (1 + expected[1]));
            assertEquals((int) expected[2], table(key).getInt(row(key), RowLayout.UPDATES), "seed " + seed);
        });
        assertEquals(idSum, table(FeatureIds.BIAS).getLong(row(FeatureIds.BIAS), RowLayout.ID_SUM));
        for (ShardState shard : shards) {
            assertEquals(id, shard.samples());
            assertTrue(shard.nextOffset(0) > 199_000);
        }
    }

    /** Golden vector: one row, two gradients, computed by hand from Algorithm 1. */
    @Test
    void twoGradientsOfOneRowGiveTheseBits() {
        learn(batch(
                0,
                List.of(
                        Samples.one(SPEC.fingerprint(), 7, 1f, 2f, 42L),
                        Samples.one(SPEC.fingerprint(), 8, 0f, 1f, 42L))));
        // w = 0, p = ½: g = −½·2 and ½·1; z = Σg − σ·0, n = Σg².
        assertEquals(-0.5f, table(42).getFloat(row(42), RowLayout.Z));
        assertEquals(1.25f, table(42).getFloat(row(42), RowLayout.N));
        assertEquals(2, table(42).getInt(row(42), RowLayout.UPDATES));
        assertEquals(15, table(42).getLong(row(42), RowLayout.ID_SUM));
        // −(z − sgn z·λ1) / ((β + √n)/α + λ2) = 0.45 / ((1 + √1.25)/0.3 + 0.01)
        assertEquals(0.06365f, appliers.get(routes.shardOf(42)).weight(42), 1e-5f);
    }

    @Test
    void pushBytesAreAFossil() {
        List<ByteBuffer> pushes = learn(batch(3, List.of(Samples.one(SPEC.fingerprint(), 7, 1f, 2f, 42L))));
        byte[] bytes = new byte[pushes.get(routes.shardOf(42)).remaining()];
        pushes.get(routes.shardOf(42)).get(bytes);
        String hex = HexFormat.of().formatHex(bytes);
        assertTrue(
                hex.endsWith(
                        "2a00000000000000" + "0700000000000000" + "000080bf" + "0000803f" + "01000000" + "00f15365"),
                hex);
        assertTrue(
                hex.startsWith("01000000" + "00000000" + "0300000000000000" + "0400000000000000" + "3867e5cf8b010000"
                        + "01000000" + "00000000" + "00000000"),
                hex);
    }

    /** Steps of 1 pull z over ±5 and back: the weight is zero within λ1 and of the other sign beyond it. */
    @Test
    void l1ZeroesBothSignsAlike() {
        ModelSpec spec = SpecReader.parse(
                "l1",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {u: {type: category, from: user.id}},"
                        + " optimizer: {type: ftrl, alpha: 1, beta: 1, l1: 4, l2: 0}}");
        ShardState state = ShardState.empty(spec, ShardState.Id.ONLY);
        PushApplier applier = new PushApplier(state);
        applier.apply(new Push(push(row(1_001, 5f, 9f), row(1_002, -5f, 9f), row(1_003, 4f, 9f))));
        assertEquals(-0.25f, applier.weight(1_001));
        assertEquals(0.25f, applier.weight(1_002));
        assertEquals(0f, applier.weight(1_003));
    }

    private record Row(long key, float sum, float squares) {}

    private static Row row(long key, float sum, float squares) {
        return new Row(key, sum, squares);
    }

    private static ByteBuffer push(Row... rows) {
        ByteBuffer out =
                ByteBuffer.allocate(Push.HEADER + rows.length * Push.ROW).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(1)
                .putInt(0)
                .putLong(0)
                .putLong(1)
                .putLong(0)
                .putInt(1)
                .putInt(0)
                .putInt(0);
        out.putInt(rows.length).putInt(0).putInt(0).putLong(0);
        for (Row row : rows) {
            out.putLong(row.key).putLong(9).putFloat(row.sum).putFloat(row.squares);
            out.putInt(1).putInt(1);
        }
        return out.flip();
    }

    @Test
    void numbersThatAreNoneAreCountedAndNeverStored() {
        ShardState state = ShardState.empty(SPEC, ShardState.Id.ONLY);
        PushApplier applier = new PushApplier(state);
        applier.apply(new Push(push(
                row(11, Float.NaN, 1f),
                row(12, Float.POSITIVE_INFINITY, 1f),
                row(13, 1f, Float.NEGATIVE_INFINITY),
                row(14, 1f, -1f),
                row(0, 1f, 1f),
                row(16, 1f, Float.NaN),
                row(17, 1f, 1f))));
        assertEquals(6, applier.refusedRows());
        assertEquals(1, state.table().size());
        // A finite push that would overflow the row.
        applier.apply(new Push(push(row(17, 1f, Float.MAX_VALUE), row(18, 1f, Float.MAX_VALUE))));
        applier.apply(new Push(push(row(18, 1f, Float.MAX_VALUE))));
        assertEquals(7, applier.refusedRows());
        state.table()
                .forEachRow(row -> assertTrue(Float.isFinite(state.table().getFloat(row, RowLayout.Z))
                        && Float.isFinite(state.table().getFloat(row, RowLayout.N))));
    }

    @Test
    void aWorkerRefusesSamplesWithNumbersThatAreNone() {
        List<ByteBuffer> pushes = learn(batch(
                0,
                List.of(
                        Samples.one(SPEC.fingerprint(), 1, 1f, Float.NaN, 42L),
                        Samples.one(SPEC.fingerprint(), 2, Float.POSITIVE_INFINITY, 1f, 42L),
                        Samples.one(SPEC.fingerprint() + 1, 3, 1f, 1f, 42L),
                        Samples.one(SPEC.fingerprint(), 4, 1f, Float.MAX_VALUE, 42L))));
        Push push = new Push(pushes.get(routes.shardOf(42)));
        assertEquals(1, push.samples());
        assertEquals(3, push.refused());
        // (½·MAX)² is finite in doubles, not as a float: the shard refuses the row.
        assertEquals(ParameterTable.MISSING, row(42));
        assertEquals(1, appliers.get(routes.shardOf(42)).refusedRows());
    }

    @Test
    void aPushThatIsCutShortIsRefused() {
        ByteBuffer whole = push(row(17, 1f, 1f));
        for (int length = 0; length < whole.remaining(); length++) {
            ByteBuffer cut = whole.duplicate().limit(length);
            org.junit.jupiter.api.Assertions.assertThrows(IllegalArgumentException.class, () -> new Push(cut));
        }
    }

    private static SampleBlock priced(long id, float price) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        vector.add(FeatureIds.BIAS, 1f);
        vector.add(VALUE, price);
        builder.add(new SampleBlockBuilder.Meta(id, id, 0, 1f, 1f, 1f, 0.5f, 0, Samples.EVENT_TIME_MS), vector);
        return builder.build(new SampleBlock.Header("m", SPEC.fingerprint(), 0, 0));
    }

    @Test
    void meansMergeToThoseOfAllSamples() {
        Random random = new Random(3);
        double sum = 0;
        List<Float> all = new ArrayList<>();
        for (int b = 0; b < 100; b++) {
            List<SampleBlock> blocks = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(30); i++) {
                float x = (float) (100 + 15 * random.nextGaussian());
                all.add(x);
                sum += x;
                blocks.add(priced(all.size(), x));
            }
            learn(batch(100L * b, blocks));
        }
        double mean = sum / all.size();
        double squares = all.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
        assertEquals(mean, table(MEAN).getFloat(row(MEAN), RowLayout.Z), 1e-3);
        assertEquals(squares, table(MEAN).getFloat(row(MEAN), RowLayout.N), 1e-4 * squares);
        assertEquals(all.size(), table(MEAN).getInt(row(MEAN), RowLayout.UPDATES));
        long scale = FeatureIds.pack(PRICE, Vectorizer.NUMBER_SCALE);
        assertEquals(
                1 / Math.sqrt(squares / all.size()),
                appliers.get(routes.shardOf(scale)).weight(scale),
                1e-5);
    }

    @Test
    void aFullWindowForgetsTheOldMeanAtItsPace() {
        learn(batch(0, List.of(priced(1, 0f), priced(2, 0f))));
        table(MEAN).setInt(row(MEAN), RowLayout.UPDATES, FtrlRows.WINDOW);
        List<SampleBlock> blocks = new ArrayList<>();
        int samples = FtrlRows.WINDOW / 4;
        for (int i = 0; i < samples; i++) {
            blocks.add(priced(10 + i, 8f));
        }
        learn(batch(2, blocks));
        assertEquals(2f, table(MEAN).getFloat(row(MEAN), RowLayout.Z), 1e-3f);
        assertEquals(FtrlRows.WINDOW + samples, table(MEAN).getInt(row(MEAN), RowLayout.UPDATES));
    }
}
