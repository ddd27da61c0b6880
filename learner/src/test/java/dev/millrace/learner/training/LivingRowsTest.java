package dev.millrace.learner.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.FtrlWeight;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.table.RowLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that are admitted and expire, from samples to what serves. */
class LivingRowsTest {
    private static final int RECENT = 10_000;
    private static final long START_MS = 1_700_000_000_000L;
    private static final int U = FeatureIds.slot("u");
    private static final int I = FeatureIds.slot("i");
    private static final int K = FeatureIds.slot("k");
    private static final Map<Integer, Integer> MIN_COUNT = Map.of(U, 3, I, 1, K, 2);
    private static final Map<Integer, Long> EXPIRE_MS = Map.of(U, 3_600_000L, I, 600_000L);

    private static ModelSpec spec(String policies) {
        return SpecReader.parse("test", """
                model: m
                objective: logistic
                labels: {click: 1}
                rewardWindow: 1s
                slots:
                  u: {type: category, from: user.id, minCount: 3, expireAfter: 1h}
                  i: {type: category, from: item.id, expireAfter: 10m}
                  k: {type: category, from: item.kind, minCount: 2}
                policies: {%s}
                """.formatted(policies));
    }

    /** Batches of a block each, whose event time and watermark go on by up to {@code maxStepMs}. */
    private static List<SampleBlock> blocks(long seed, int count, int minStepMs, int maxStepMs) {
        Random random = new Random(seed);
        List<SampleBlock> blocks = new ArrayList<>();
        long timeMs = START_MS;
        for (int b = 0; b < count; b++) {
            SampleBlockBuilder builder = new SampleBlockBuilder();
            for (int i = 0; i < 1 + random.nextInt(5); i++) {
                FeatureVector vector = new FeatureVector();
                vector.add(FeatureIds.BIAS, 1f);
                for (int slot : new int[] {U, I, K}) {
                    vector.add(FeatureIds.pack(slot, 1 + random.nextInt(80)), 0.5f + random.nextFloat());
                }
                var meta = new SampleBlockBuilder.Meta(
                        1_000L * b + i, 1, 0, random.nextInt(2), 1f, 1f, 0.5f, 0, timeMs - random.nextInt(30_000));
                builder.add(meta, vector);
            }
            blocks.add(builder.build(new SampleBlock.Header("m", spec("").fingerprint(), timeMs, timeMs)));
            timeMs += minStepMs + random.nextInt(maxStepMs - minStepMs);
        }
        return blocks;
    }

    /** The same rules over a map: exact counts, and at every batch's end all that is too old goes. */
    private static final class Oracle {
        private static final class Row {
            private float z;
            private float n;
            private int updates;
            private long lastS;
            private long idSum;
        }

        private final Map<Long, Row> rows = new HashMap<>();
        private final Map<Long, Integer> counts = new HashMap<>();
        private final Ftrl ftrl = Ftrl.DEFAULT;
        private long born;
        private long heldBack;
        private long expired;

        private float weight(long key) {
            Row row = rows.get(key);
            return row == null ? 0f : (float) FtrlRows.weight(row.z, row.n, ftrl);
        }

        /** As learning weighs: in floats. */
        private float learnersWeight(long key) {
            Row row = rows.get(key);
            return row == null ? 0f : FtrlWeight.of(ftrl).of(row.z, row.n);
        }

        private boolean has(long key) {
            if (rows.containsKey(key)) {
                return true;
            }
            int minCount = MIN_COUNT.getOrDefault(FeatureIds.slotOf(key), 1);
            if (minCount > 1 && counts.merge(key, 1, Integer::sum) < minCount) {
                heldBack++;
                return false;
            }
            rows.put(key, new Row());
            born++;
            return true;
        }

        void learn(SampleBlock block) {
            for (int i = 0; i < block.size(); i++) {
                float[] fourSums = new float[4];
                int features = block.offset(i + 1) - block.offset(i);
                for (int p = 0; p < features; p++) {
                    int f = block.offset(i) + p;
                    fourSums[p < features / 4 * 4 ? p % 4 : 0] +=
                            learnersWeight(block.featureId(f)) * block.featureValue(f);
                }
                float logit = (fourSums[0] + fourSums[1]) + (fourSums[2] + fourSums[3]);
                double error = 1 / (1 + StrictMath.exp(-logit)) - block.label(i);
                for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                    long key = block.featureId(f);
                    Row row = has(key) ? rows.get(key) : null;
                    if (row != null) {
                        // As FtrlBatch says, without regularization.
                        float g = (float) (error * block.featureValue(f));
                        float n = row.n + g * g;
                        float root = (float) Math.sqrt(row.n);
                        float divisor = ((float) Math.sqrt(n) + root) * ((float) ftrl.beta() + root);
                        row.z = row.z + g + g * g * row.z / (divisor + Float.MIN_NORMAL);
                        row.n = n;
                        row.updates++;
                        row.lastS = Math.max(row.lastS, block.eventTimeMs(i) / 1000);
                        row.idSum += block.sampleId(i);
                    }
                }
            }
        }

        void expire(long watermarkMs) {
            int before = rows.size();
            rows.entrySet().removeIf(e -> {
                Long age = EXPIRE_MS.get(FeatureIds.slotOf(e.getKey()));
                return age != null && 1_000 * e.getValue().lastS + age < watermarkMs;
            });
            expired += before - rows.size();
        }
    }

    private static void serve(Delta delta, Map<Long, Float> served) {
        for (int i = 0; i < delta.keys().length; i++) {
            if (Delta.isTombstone(delta.weights()[i])) {
                served.remove(delta.keys()[i]);
            } else {
                served.put(delta.keys()[i], delta.weights()[i]);
            }
        }
    }

    private static void assertSame(Oracle oracle, TrainingShard shard, Map<Long, Float> served, String where) {
        var table = shard.state().table();
        RowLayout layout = table.layout();
        assertEquals(oracle.rows.size(), table.size(), where);
        assertEquals(oracle.rows.keySet(), served.keySet(), where);
        oracle.rows.forEach((key, row) -> {
            long at = table.find(key);
            assertEquals(row.z, table.getFloat(at, RowLayout.Z), where);
            assertEquals(row.n, table.getFloat(at, RowLayout.N), where);
            assertEquals(row.lastS, table.getInt(at, layout.lastUpdate()), where);
            if (layout.audited()) {
                assertEquals(row.updates, table.getInt(at, RowLayout.UPDATES), where);
                assertEquals(row.idSum, table.getLong(at, RowLayout.ID_SUM), where);
            }
            assertEquals(oracle.weight(key), served.getOrDefault(key, Float.NaN), where);
        });
        var counters = shard.state().life().counters();
        assertEquals(oracle.born, counters.born(), where);
        assertEquals(oracle.heldBack, counters.heldBack(), where);
        assertEquals(oracle.expired, counters.expired(), where);
    }

    /** Steps longer than a sweep's period, so that it looks at every row with each batch; restarts in between. */
    @ParameterizedTest
    @ValueSource(strings = {"audit: true", "audit: false"})
    void whatServesIsWhatAMapOfCountsAndTimesHolds(String policies) {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            ModelSpec spec = spec(policies);
            TrainingShard shard = TrainingShard.empty(spec, RECENT);
            Oracle oracle = new Oracle();
            Map<Long, Float> served = new HashMap<>();
            List<SampleBlock> blocks = blocks(seed, 150, 75_000, 300_000);
            long ids = 0;
            for (int b = 0; b < blocks.size(); b++) {
                SampleBlock block = blocks.get(b);
                shard.learn(0, b, block);
                oracle.learn(block);
                for (int i = 0; i < block.size(); i++) {
                    ids += block.sampleId(i);
                }
                oracle.expire(block.header().watermarkMs());
                serve(shard.closeBatch(0), served);
                assertSame(oracle, shard, served, policies + ", seed " + seed + ", batch " + b);
                if (random.nextInt(10) == 0) {
                    try (Snapshot snapshot = shard.snapshot(b)) {
                        shard = TrainingShard.of(spec, snapshot, RECENT);
                    }
                }
            }
            assertEquals(ids, shard.sampleIdSum());
            assertTrue(oracle.expired > 200 && oracle.heldBack > 200, oracle.expired + ", " + oracle.heldBack);
        }
    }

    /** Short steps, so that the sweep is anywhere on its way when the snapshot is taken. */
    @Test
    void aRestoredShardAdmitsAndExpiresBitForBit() {
        for (long seed = 1; seed <= 5; seed++) {
            int at = 20 + new Random(seed).nextInt(250);
            List<SampleBlock> blocks = blocks(seed, 300, 1_000, 20_000);
            TrainingShard shard = TrainingShard.empty(spec(""), RECENT);
            List<Map<Long, Integer>> deltas = learn(shard, blocks, 0, at);
            try (Snapshot snapshot = shard.snapshot(0)) {
                TrainingShard restored = TrainingShard.of(spec(""), snapshot, RECENT);
                deltas = learn(shard, blocks, at, blocks.size());
                assertEquals(deltas, learn(restored, blocks, at, blocks.size()), "seed " + seed);
                assertEquals(
                        shard.state().life().counters(), restored.state().life().counters());
            }
            long tombstones = deltas.stream()
                    .flatMap(d -> d.values().stream())
                    .filter(bits -> Delta.isTombstone(Float.intBitsToFloat(bits)))
                    .count();
            assertTrue(tombstones > 5, "seed " + seed + ": " + tombstones);
        }
    }

    /** Rows of each delta, weights as bits. */
    private static List<Map<Long, Integer>> learn(TrainingShard shard, List<SampleBlock> blocks, int from, int to) {
        List<Map<Long, Integer>> deltas = new ArrayList<>();
        for (int b = from; b < to; b++) {
            shard.learn(0, b, blocks.get(b));
            Delta delta = shard.closeBatch(b);
            Map<Long, Integer> rows = new HashMap<>();
            for (int i = 0; i < delta.keys().length; i++) {
                rows.put(delta.keys()[i], Float.floatToRawIntBits(delta.weights()[i]));
            }
            deltas.add(rows);
        }
        return deltas;
    }

    @Test
    void rowsHaveTheFieldsThatTheSpecAsksFor() {
        assertEquals(RowLayout.TRAINING, TrainingLayout.of(spec("")));
        assertEquals(RowLayout.FTRL_AGED, TrainingLayout.of(spec("audit: false")));
        String still = "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, policies: {audit: false},"
                + " slots: {u: {type: category, from: user.id}}, crosses: [%s]}";
        assertEquals(RowLayout.FTRL, TrainingLayout.of(SpecReader.parse("x", still.formatted(""))));
        assertEquals(
                RowLayout.FTRL_AGED,
                TrainingLayout.of(SpecReader.parse("x", still.formatted("{slots: [u, u], expireAfter: 1d}"))));
    }

    @Test
    void auditCanBeTurnedOffAtARestartButNotOn() {
        List<SampleBlock> blocks = blocks(1, 20, 1_000, 2_000);
        TrainingShard shard = TrainingShard.empty(spec(""), RECENT);
        learn(shard, blocks, 0, 10);
        TrainingShard plain;
        try (Snapshot snapshot = shard.snapshot(0)) {
            plain = TrainingShard.of(spec("audit: false"), snapshot, RECENT);
        }
        assertEquals(RowLayout.FTRL_AGED, plain.state().table().layout());
        assertEquals(learn(shard, blocks, 10, 20), learn(plain, blocks, 10, 20));
        assertEquals(shard.sampleIdSum(), plain.sampleIdSum());
        try (Snapshot snapshot = plain.snapshot(0)) {
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> TrainingShard.of(spec(""), snapshot, RECENT));
            assertTrue(String.valueOf(e.getMessage()).contains("policies.audit"), e.getMessage());
        }
    }

    @Test
    void aFullTableIsCountedAndSaidOnceAMinute() {
        TrainingShard shard = TrainingShard.empty(spec("maxRows: 5"), RECENT);
        LifeLog log = new LifeLog(shard.state(), 0);
        assertTrue(log.warning(0).isEmpty());
        List<SampleBlock> blocks = blocks(1, 20, 1_000, 2_000);
        learn(shard, blocks, 0, 10);
        assertEquals(5, shard.rows());
        long withoutRoom = shard.state().life().counters().withoutRoom();
        assertTrue(withoutRoom > 20);
        String said = log.warning(1).orElse("");
        assertTrue(said.startsWith("model m, shard 0: 5 rows") && said.contains(withoutRoom + " more occ"), said);
        learn(shard, blocks, 10, 20);
        assertTrue(log.warning(2).isEmpty());
        assertTrue(log.warning(Duration.ofMinutes(2).toNanos()).isPresent());
        assertTrue(log.summary(3).isEmpty());
        said = log.summary(Duration.ofMinutes(10).toNanos()).orElse("");
        assertTrue(said.contains("5 rows; since the last word 5 born, 0 expired, "), said);
        assertTrue(log.summary(Duration.ofMinutes(30).toNanos()).isEmpty(), "nothing came or went since");
    }
}
