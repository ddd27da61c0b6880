package dev.millrace.learner.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.Samples;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TrainingShardTest {
    private static final String YAML = "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
            + " slots: {u: {type: category, from: user.id}}}";
    private static final ModelSpec SPEC = SpecReader.parse("test", YAML);
    private static final int RECENT = 10_000;

    private static List<SampleBlock> blocks(long seed, int count) {
        Random random = new Random(seed);
        List<SampleBlock> blocks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            blocks.add(Samples.random(random, SPEC.fingerprint(), 100L * i, 1 + random.nextInt(20)));
        }
        return blocks;
    }

    @Test
    void deltaNamesItsRecordsAndCountsItsSamples() {
        TrainingShard shard = TrainingShard.empty(SPEC, RECENT);
        SampleBlock block = Samples.one(SPEC.fingerprint(), 5, 1f, 1f, 42L);
        shard.learn(0, 10, block);
        shard.learn(2, 3, Samples.one(SPEC.fingerprint(), 6, 0f, 1f, 43L));
        shard.learn(0, 11, block);
        Delta delta = shard.closeBatch(77);
        Delta.Header header = delta.header();
        assertEquals(1, header.sequence());
        assertEquals(Map.of(0, new Delta.Range(10, 12), 2, new Delta.Range(3, 4)), header.ranges());
        assertEquals(2, header.samples());
        assertEquals(11, header.sampleIdSum());
        assertEquals(1, header.duplicateSamples());
        assertEquals(77, header.learnedMs());
        assertEquals(Samples.EVENT_TIME_MS - 200, header.watermarkMs());
        assertEquals(3, delta.keys().length);
        assertFalse(shard.hasOpenBatch());
        assertEquals(12, shard.nextOffset(0));
        assertEquals(2, shard.biasUpdates());
    }

    /** Serving makes a version of each delta: none may have half of a network's layers. */
    @Test
    void layersTravelWholeWithTheLastDeltaOfABatch() {
        ModelSpec spec = SpecReader.parse(
                "test",
                YAML.replace(
                        "}}}",
                        "}}, network: {type: widedeep, dim: 2, hidden: [5], batch: 16, embeddings: {type: adagrad, rate: 0.1}}}"));
        TrainingShard shard = TrainingShard.empty(spec, RECENT);
        shard.learn(0, 0, Samples.random(new Random(4), spec.fingerprint(), 0, 30));
        List<Delta> deltas = new ArrayList<>();
        while (shard.hasOpenBatch()) {
            deltas.add(shard.closeBatch(0, 3));
        }
        assertTrue(deltas.size() > 2, "deltas " + deltas.size());
        for (int i = 0; i < deltas.size(); i++) {
            Delta delta = deltas.get(i);
            boolean last = i == deltas.size() - 1;
            long layers =
                    LongStream.of(delta.keys()).filter(FeatureIds::isDense).count();
            assertEquals(last ? new NetworkModel(spec).denseRows() : 0, layers);
            assertEquals(last, !delta.header().ranges().isEmpty());
        }
    }

    @Test
    void samplesSentAgainAreLearnedOnce() {
        TrainingShard once = TrainingShard.empty(SPEC, RECENT);
        TrainingShard twice = TrainingShard.empty(SPEC, RECENT);
        long offset = 0;
        for (SampleBlock block : blocks(1, 50)) {
            once.learn(0, offset, block);
            twice.learn(0, 2 * offset, block);
            twice.learn(0, 2 * offset + 1, block);
            offset++;
        }
        assertEquals(once.samples(), twice.duplicates());
        assertArrayEquals(once.closeBatch(0).weights(), twice.closeBatch(0).weights());
        assertEquals(once.sampleIdSum(), twice.sampleIdSum());
    }

    @Test
    void samplesOfAnotherSpecAreRefusedButTheOffsetAdvances() {
        TrainingShard shard = TrainingShard.empty(SPEC, RECENT);
        shard.learn(0, 0, Samples.one(SPEC.fingerprint() + 1, 5, 1f, 1f, 42L));
        shard.skip(0, 1);
        assertEquals(0, shard.samples());
        assertEquals(2, shard.refused());
        assertEquals(2, shard.nextOffset(0));
    }

    /** Snapshot at a random batch, then the same records with the same boundaries: the same bits. */
    @Test
    void aRestoredShardGoesOnBitForBit() {
        for (long seed = 1; seed <= 10; seed++) {
            Random random = new Random(seed);
            List<SampleBlock> blocks = blocks(seed, 60);
            int at = random.nextInt(60);
            TrainingShard shard = TrainingShard.empty(SPEC, RECENT);
            Snapshot snapshot = shard.snapshot(-1);
            List<byte[]> after = new ArrayList<>();
            for (int i = 0; i < blocks.size(); i++) {
                if (i == at) {
                    snapshot = shard.snapshot(i - 1);
                    after.clear();
                }
                shard.learn(0, i, blocks.get(i));
                after.add(canonical(shard.closeBatch(i)));
            }
            TrainingShard restored = TrainingShard.of(SPEC, snapshot, RECENT);
            assertEquals(at, restored.nextOffset(0), "seed " + seed);
            for (int i = at; i < blocks.size(); i++) {
                restored.learn(0, i, blocks.get(i));
                assertArrayEquals(after.get(i - at), canonical(restored.closeBatch(i)), "seed " + seed);
            }
            assertEquals(shard.samples(), restored.samples());
            assertEquals(shard.sampleIdSum(), restored.sampleIdSum());
        }
    }

    /** With rows by key: their order within a delta is free. */
    private static byte[] canonical(Delta delta) {
        TreeMap<Long, Float> rows = new TreeMap<>();
        for (int i = 0; i < delta.keys().length; i++) {
            rows.put(delta.keys()[i], delta.weights()[i]);
        }
        long[] keys = rows.keySet().stream().mapToLong(Long::longValue).toArray();
        float[] weights = new float[keys.length];
        for (int i = 0; i < keys.length; i++) {
            weights[i] = rows.getOrDefault(keys[i], Float.NaN);
        }
        return DeltaCodec.encode(new Delta(delta.header(), keys, weights));
    }

    @Test
    void rowsAreSentAnewAsTheyAreOrAsGone() {
        TrainingShard shard = TrainingShard.empty(SPEC, RECENT);
        shard.learn(0, 0, Samples.one(SPEC.fingerprint(), 5, 1f, 1f, 42L));
        Delta first = shard.closeBatch(0);
        assertFalse(shard.hasOpenBatch());
        shard.sendAnew(new long[] {42L, 43L});
        assertTrue(shard.hasOpenBatch());
        Delta again = shard.closeBatch(0);
        Map<Long, Float> rows = new java.util.HashMap<>();
        for (int i = 0; i < again.keys().length; i++) {
            rows.put(again.keys()[i], again.weights()[i]);
        }
        assertEquals(java.util.Set.of(42L, 43L), rows.keySet());
        assertTrue(Delta.isTombstone(rows.getOrDefault(43L, 0f)));
        for (int i = 0; i < first.keys().length; i++) {
            assertEquals(first.weights()[i], rows.getOrDefault(first.keys()[i], first.weights()[i]));
        }
        shard.skipTo(9);
        shard.learn(0, 1, Samples.one(SPEC.fingerprint(), 6, 1f, 1f, 42L));
        assertEquals(10, shard.closeBatch(0).header().sequence());
    }

    @Test
    void restoredShardStillKnowsRecentIds() {
        TrainingShard shard = TrainingShard.empty(SPEC, RECENT);
        SampleBlock block = Samples.one(SPEC.fingerprint(), 5, 1f, 1f, 42L);
        shard.learn(0, 0, block);
        shard.closeBatch(0);
        TrainingShard restored = TrainingShard.of(SPEC, shard.snapshot(0), RECENT);
        restored.learn(0, 1, block);
        assertEquals(1, restored.samples());
        assertEquals(1, restored.duplicates());
    }

    @Test
    void snapshotOfAnotherSpecIsRefused() {
        Snapshot snapshot = TrainingShard.empty(SPEC, RECENT).snapshot(-1);
        ModelSpec other = SpecReader.parse("other", YAML.replace("user.id", "user.name"));
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> TrainingShard.of(other, snapshot, RECENT));
        assertTrue(String.valueOf(e.getMessage()).contains("new name"));
    }

    @Test
    void recentIdsForgetTheOldestOnly() {
        RecentIds recent = new RecentIds(3);
        for (long id = 1; id <= 4; id++) {
            assertTrue(recent.add(id));
        }
        assertFalse(recent.add(2));
        assertTrue(recent.add(1));
        assertArrayEquals(new long[] {3, 4, 1}, recent.toArray());
    }

    @Test
    void recentIdsAreThoseOfAPlainSet() {
        java.util.SplittableRandom random = new java.util.SplittableRandom(9);
        RecentIds recent = new RecentIds(3_000);
        java.util.LinkedHashSet<Long> plain = new java.util.LinkedHashSet<>();
        for (int i = 0; i < 100_000; i++) {
            // Some in a row, which crowd.
            long id = random.nextInt(3) == 0 ? random.nextInt(2_000) : random.nextLong();
            boolean isNew = plain.add(id);
            assertEquals(isNew, recent.add(id));
            if (plain.size() > 3_000) {
                plain.removeFirst();
            }
        }
        assertArrayEquals(plain.stream().mapToLong(id -> id).toArray(), recent.toArray());
    }
}
