package dev.millrace.learner.remote.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows of a remote shard are admitted and expire with its pushes, whenever its deltas are closed. */
class PushedRowsLifeTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, policies: {audit: false},"
                    + " slots: {u: {type: category, from: user.id, minCount: 3, expireAfter: 10m}}}");
    private static final long START_S = 1_700_000_000;

    private static long key(int i) {
        return FeatureIds.pack(FeatureIds.slot("u"), i);
    }

    /** Σg = 0.5 and Σg² = 0.25 a key, and a tenth of that of the bias. */
    private static Push push(int number, long second, Map<Long, Integer> counts) {
        ByteBuffer out = ByteBuffer.allocate(Push.HEADER + (1 + counts.size()) * Push.ROW)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(Push.VERSION).putInt(0).putLong(number).putLong(number + 1).putLong(1_000 * second);
        out.putInt(1)
                .putInt(0)
                .putInt(0)
                .putInt(1 + counts.size())
                .putInt(0)
                .putInt(0)
                .putLong(0);
        out.putLong(FeatureIds.BIAS).putLong(number).putFloat(0.05f).putFloat(0.025f);
        out.putInt(1).putInt((int) second);
        counts.forEach((key, count) -> out.putLong(key)
                .putLong(number)
                .putFloat(0.5f)
                .putFloat(0.25f)
                .putInt(count)
                .putInt((int) second));
        return new Push(out.flip());
    }

    private static Map<Long, Float> serve(Delta delta, Map<Long, Float> served) {
        for (int i = 0; i < delta.keys().length; i++) {
            if (Delta.isTombstone(delta.weights()[i])) {
                served.remove(delta.keys()[i]);
            } else {
                served.put(delta.keys()[i], delta.weights()[i]);
            }
        }
        return served;
    }

    @Test
    void occurrencesOfAPushAreCountedTogether() {
        ShardState state = ShardState.empty(SPEC, ShardState.Id.ONLY);
        PushApplier applier = new PushApplier(state);
        applier.apply(push(0, START_S, Map.of(key(1), 2, key(2), 3)));
        assertEquals(0f, applier.weight(key(1)));
        assertNotEquals(0f, applier.weight(key(2)));
        applier.apply(push(1, START_S, Map.of(key(1), 1)));
        assertEquals(applier.weight(key(2)), applier.weight(key(1)), "it learns from the push that admits it");
        assertEquals(2, state.life().counters().heldBack());
        assertEquals(1, state.sampleIdSum());
    }

    @Test
    void theSamePushesGiveTheSameRowsWhereverDeltasAndSnapshotsFall() {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            List<Push> pushes = new ArrayList<>();
            long second = START_S;
            for (int p = 0; p < 400; p++) {
                Map<Long, Integer> counts = new HashMap<>();
                for (int i = 0; i < 3; i++) {
                    counts.put(key(1 + random.nextInt(60)), 1 + random.nextInt(2));
                }
                second += random.nextInt(40);
                pushes.add(push(p, second, counts));
            }
            ShardState one = ShardState.empty(SPEC, ShardState.Id.ONLY);
            PushApplier applier = new PushApplier(one);
            pushes.forEach(applier::apply);
            Map<Long, Float> atOnce = serve(one.closeBatch(0), new HashMap<>());

            ShardState other = ShardState.empty(SPEC, ShardState.Id.ONLY);
            Map<Long, Float> served = new HashMap<>();
            for (Push push : pushes) {
                new PushApplier(other).apply(push);
                if (random.nextInt(5) == 0) {
                    serve(other.closeBatch(0), served);
                    try (Snapshot snapshot = other.snapshot(0, Extras.NONE)) {
                        other = ShardState.of(SPEC, ShardState.Id.ONLY, snapshot);
                    }
                }
            }
            serve(other.closeBatch(0), served);
            assertEquals(rows(one.table()), rows(other.table()), "seed " + seed);
            assertEquals(atOnce, served, "seed " + seed);
            assertEquals(one.sampleIdSum(), other.sampleIdSum());
            assertEquals(one.life().counters(), other.life().counters());
            assertTrue(one.life().counters().expired() > 50, one.life().counters() + ", seed " + seed);
        }
    }

    private static Map<Long, List<Number>> rows(ParameterTable table) {
        Map<Long, List<Number>> rows = new HashMap<>();
        table.forEachRow(row -> rows.put(
                table.key(row),
                List.of(
                        table.getFloat(row, RowLayout.Z),
                        table.getFloat(row, RowLayout.N),
                        table.getInt(row, table.layout().lastUpdate()))));
        return rows;
    }
}
