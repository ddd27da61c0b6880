package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityMendTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, policies: {weights: f16},"
                    + " slots: {price: {type: number, from: item.price, standardize: true},"
                    + " u: {type: category, from: user.id}}}");
    private static final int SHARDS = 2;

    @TempDir
    Path dir;

    private long nowMs = 1_000_000;
    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMs);
        }
    };
    private final VersionedWeights weights = new VersionedWeights(new LinearModel(SPEC));
    private final Random random = new Random(1);
    private final List<SimulatedTraining> training = List.of(
            new SimulatedTraining(SPEC, 0, SHARDS, random, 500), new SimulatedTraining(SPEC, 1, SHARDS, random, 500));
    private DeltaApplier applier;

    @BeforeEach
    void begin() throws IOException {
        applier = new DeltaApplier(
                SPEC,
                weights,
                RowStore.open(dir.resolve("rows")),
                SnapshotPlace.folder(dir.resolve("snapshots")),
                clock,
                v -> {});
        applier.resume(SHARDS);
    }

    @AfterEach
    void close() {
        applier.close();
    }

    private void learn(int shard, int changes) {
        var delta = training.get(shard).next(changes);
        applier.apply(delta, delta.header().sequence());
        applier.persist();
    }

    private ShardParity parity(int shard) {
        return applier.parity().get(shard);
    }

    /** A row of the shard that no delta has touched goes wrong. */
    private long corrupt(int shard) {
        ParameterTable table = weights.table();
        long key = training.get(shard).at(training.get(shard).sequence()).keySet().stream()
                .filter(k -> table.find(k) != ParameterTable.MISSING)
                .findFirst()
                .orElseThrow();
        table.setFloat(table.find(key), RowLayout.WEIGHT, 77f);
        return key;
    }

    @Test
    void eachShardIsEqualAtItsOwnSequenceAndOffsets() {
        assertNull(parity(0).equal());
        for (int i = 0; i < 5; i++) {
            learn(0, 200);
        }
        assertEquals(new ShardParity(0, true, 5, Map.of(0, 5L), 1, 1, nowMs, 5, List.of(), 0, 0), parity(0));
        assertNull(parity(1).equal());
        learn(1, 200);
        assertEquals(true, parity(1).equal());
    }

    @Test
    void aDifferenceIsNamedAndMendedFromASnapshotMadeSinceAtTheVersionThatServes() throws IOException {
        learn(0, 200);
        learn(1, 200);
        training.get(0).writeSnapshot(dir.resolve("snapshots"), 0);
        corrupt(0);
        learn(0, 0);
        assertEquals(false, parity(0).equal());
        assertEquals(List.of(0), parity(0).differing());
        assertEquals(1, parity(0).equalAt());
        assertEquals(true, parity(1).equal());
        nowMs += 60_000;
        learn(0, 3);
        assertEquals(2, parity(0).mismatches(), "the snapshot from before mends nothing");
        training.get(0).writeSnapshot(dir.resolve("snapshots"), 2);
        learn(1, 50);
        learn(0, 20);
        nowMs += 60_000;
        ServedVersion before = weights.version();
        applier.persist();
        assertEquals(before.sequence(), weights.version().sequence());
        assertNull(parity(0).equal());
        assertEquals(1, parity(0).mends());
        learn(0, 10);
        learn(1, 10);
        assertEquals(true, parity(0).equal());
        assertEquals(true, parity(1).equal());
        assertEquals(3, parity(0).mismatches());
        applier.persist();
        rowsOnDiskAreTraining();
    }

    private void rowsOnDiskAreTraining() throws IOException {
        applier.close();
        applier = new DeltaApplier(
                SPEC,
                weights,
                RowStore.open(dir.resolve("rows")),
                SnapshotPlace.folder(dir.resolve("snapshots")),
                clock,
                v -> {});
        applier.resume(SHARDS);
        learn(0, 0);
        learn(1, 0);
        assertEquals(true, parity(0).equal());
        assertEquals(true, parity(1).equal());
    }

    /** Its rows go wrong again and again: the waits grow, so that it is no loop. */
    @Test
    void mendsAreSpacedOut() throws IOException {
        learn(0, 200);
        int mends = 0;
        for (int second = 0; second < 600; second++) {
            nowMs += 1_000;
            corrupt(0);
            learn(0, 0);
            training.get(0)
                    .writeSnapshot(dir.resolve("snapshots"), training.get(0).sequence() - 1);
        }
        mends += (int) parity(0).mends();
        assertTrue(mends >= 3 && mends <= 11, "mends: " + mends);
    }

    @Test
    void aDifferenceThatIsOverwrittenIsOver() {
        learn(0, 200);
        long key = corrupt(0);
        learn(0, 0);
        assertEquals(false, parity(0).equal());
        while (training.get(0).at(training.get(0).sequence()).containsKey(key)
                && weights.table().getFloat(weights.table().find(key), RowLayout.WEIGHT) == 77f) {
            learn(0, 50);
        }
        assertEquals(true, parity(0).equal());
        assertEquals(0, parity(0).mends());
    }
}
