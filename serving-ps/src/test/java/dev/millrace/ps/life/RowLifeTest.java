package dev.millrace.ps.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RowLifeTest {
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            model: m
            objective: logistic
            labels: {click: 1}
            rewardWindow: 1s
            slots:
              u: {type: category, from: user.id, minCount: 3, expireAfter: 1h}
              i: {type: category, from: item.id, expireAfter: 10m}
              k: {type: category, from: item.kind}
            policies: {admissionBytes: 65536, maxRows: 500}
            """);
    private static final int U = FeatureIds.slot("u");
    private static final int I = FeatureIds.slot("i");
    private static final int K = FeatureIds.slot("k");
    private static final long START_S = 1_700_000_000;

    private final ParameterTable table = table();
    private final RowLife life = new RowLife(SPEC, table);

    private static ParameterTable table() {
        return new OffHeapTable(RowLayout.TRAINING, SPEC.policies().maxRows());
    }

    private static void update(ParameterTable table, long row, long second) {
        if (row != ParameterTable.MISSING) {
            table.setInt(row, RowLayout.LAST_UPDATE_S, (int) second);
        }
    }

    @Test
    void aRowIsBornWithTheOccurrenceThatReachesTheCount() {
        long key = FeatureIds.pack(U, 77);
        assertEquals(ParameterTable.MISSING, life.rowFor(key, 1));
        assertEquals(ParameterTable.MISSING, life.rowFor(key, 1));
        assertEquals(0, table.size());
        assertNotEquals(ParameterTable.MISSING, life.rowFor(key, 1));
        assertNotEquals(ParameterTable.MISSING, life.rowFor(key, 1));
        assertNotEquals(ParameterTable.MISSING, life.rowFor(FeatureIds.pack(U, 78), 3), "counted together");
        assertNotEquals(ParameterTable.MISSING, life.rowFor(FeatureIds.pack(K, 77), 1), "no minCount");
        assertNotEquals(ParameterTable.MISSING, life.rowFor(FeatureIds.BIAS, 1));
        assertEquals(new RowLife.Counters(4, 2, 0, 0), life.counters());
    }

    @Test
    void manyAtOnceAreAdmittedAsOneByOne() {
        Random random = new Random(7);
        ParameterTable rows = table();
        RowLife many = new RowLife(SPEC, rows);
        for (int round = 0; round < 60; round++) {
            long[] keys = random.ints(0, 400)
                    .limit(random.nextInt(ParameterTable.CHUNK))
                    .distinct()
                    .mapToLong(i -> FeatureIds.pack(List.of(U, I, K).get(i % 3), 1 + i))
                    .toArray();
            int[] occurrences = random.ints(keys.length, 1, 3).toArray();
            long[] found = new long[ParameterTable.CHUNK];
            many.rowsFor(keys, occurrences, keys.length, found);
            for (int i = 0; i < keys.length; i++) {
                boolean has = life.rowFor(keys[i], occurrences[i]) != ParameterTable.MISSING;
                assertEquals(has ? keys[i] : 0, found[i] == ParameterTable.MISSING ? 0 : rows.key(found[i]));
            }
            assertEquals(life.counters(), many.counters());
        }
        assertArrayEquals(life.toBytes(), many.toBytes());
    }

    @Test
    void aFullTableIsCounted() {
        for (int i = 1; i <= 502; i++) {
            life.rowFor(FeatureIds.pack(K, i), 2);
        }
        assertEquals(new RowLife.Counters(500, 0, 0, 4), life.counters());
        long[] rows = new long[2];
        life.rowsFor(new long[] {FeatureIds.pack(K, 503), FeatureIds.pack(K, 1)}, new int[] {3, 1}, 2, rows);
        assertEquals(new RowLife.Counters(500, 0, 0, 7), life.counters());
        assertEquals(ParameterTable.MISSING, rows[0]);
    }

    @Test
    void aRowGoesWithinAPeriodAfterItsAgeAndBeginsAnew() {
        long key = FeatureIds.pack(I, 5);
        update(table, life.rowFor(key, 1), START_S);
        update(table, life.rowFor(FeatureIds.pack(K, 5), 1), START_S);
        List<Long> gone = new ArrayList<>();
        long ageS = Duration.ofMinutes(10).toSeconds();
        for (long second = START_S; second <= START_S + ageS; second++) {
            life.expire(1_000 * second, gone::add);
        }
        assertEquals(List.of(), gone);
        // An eighth of ten minutes: the cursor has come round.
        for (long second = START_S + ageS + 1; second <= START_S + ageS + 76; second++) {
            life.expire(1_000 * second, gone::add);
        }
        assertEquals(List.of(key), gone);
        assertEquals(new RowLife.Counters(2, 0, 1, 0), life.counters());
        assertEquals(0, table.getInt(life.rowFor(key, 1), RowLayout.LAST_UPDATE_S));
        assertEquals(new RowLife.Counters(3, 0, 1, 0), life.counters());
    }

    @Test
    void eventTimeThatStandsStillOrGoesBackDeletesNothing() {
        update(table, life.rowFor(FeatureIds.pack(I, 5), 1), START_S);
        life.expire(1_000 * (START_S + 100_000), key -> {});
        assertEquals(1, table.size(), "the first event time only begins the sweep");
        life.expire(1_000 * (START_S + 100_000), key -> {});
        life.expire(1_000 * START_S, key -> {});
        assertEquals(1, table.size());
        life.expire(1_000 * (START_S + 200_000), key -> {});
        assertEquals(0, table.size());
    }

    @Test
    void rowsWithoutATimeCannotExpire() {
        ParameterTable untimed = new OffHeapTable(RowLayout.SERVING, 10);
        assertThrows(IllegalArgumentException.class, () -> new RowLife(SPEC, untimed));
    }

    /** Exact counts where the sketch has no collision, and the same sweep: what must be there is there. */
    @Test
    void agreesWithAMapOfCountsAndTimes() {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            ParameterTable rows = table();
            RowLife tested = new RowLife(SPEC, rows);
            Map<Long, Integer> counts = new HashMap<>();
            Map<Long, Long> updated = new HashMap<>();
            long second = START_S;
            for (int batch = 0; batch < 400; batch++) {
                for (int n = random.nextInt(10); n > 0; n--) {
                    long key = FeatureIds.pack(List.of(U, I, K).get(random.nextInt(3)), 1 + random.nextInt(60));
                    int occurrences = 1 + random.nextInt(2);
                    boolean has = updated.containsKey(key);
                    boolean born =
                            has || FeatureIds.slotOf(key) != U || counts.merge(key, occurrences, Integer::sum) >= 3;
                    long row = tested.rowFor(key, occurrences);
                    assertEquals(born, row != ParameterTable.MISSING, "seed " + seed + ", key " + key);
                    update(rows, row, second);
                    if (born) {
                        updated.put(key, second);
                    }
                }
                second += random.nextInt(60);
                Set<Long> gone = new HashSet<>();
                tested.expire(1_000 * second, gone::add);
                for (long key : gone) {
                    long age = second - updated.getOrDefault(key, Long.MAX_VALUE);
                    assertTrue(age > (FeatureIds.slotOf(key) == U ? 3_600 : 600), "seed " + seed + ", age " + age);
                }
                updated.keySet().removeAll(gone);
                assertEquals(updated.size(), rows.size());
                // Once round takes 75 s, and a step is at most 60.
                long now = second;
                updated.forEach((key, at) -> assertTrue(
                        FeatureIds.slotOf(key) == K || now - at <= (FeatureIds.slotOf(key) == U ? 3_735 : 735)));
            }
            assertTrue(tested.counters().expired() > 100, "seed " + seed + ": " + tested.counters());
        }
    }

    /** Those ahead of the cursor stay as dense as they were while those behind it go. */
    @Test
    void aBatchDeletesABoundedNumberOfRows() {
        ModelSpec large = SpecReader.parse(
                "large",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {i: {type: category, from: item.id, expireAfter: 1h}}}");
        int rows = 8 * Sweep.ROWS_A_BATCH;
        ParameterTable full = new OffHeapTable(RowLayout.FTRL_AGED, rows);
        RowLife aging = new RowLife(large, full);
        for (int i = 0; i < rows; i++) {
            aging.learned(aging.rowFor(FeatureIds.pack(I, FeatureIds.hash(i, 1)), 1), 1, 1, (int) START_S);
        }
        aging.expire(1_000 * START_S, key -> {});
        long nowS = START_S + 10_000;
        int batches = 0;
        int most = 0;
        for (; full.size() > 0 && batches < 100; batches++) {
            List<Long> gone = new ArrayList<>();
            // A period and more a batch: as much as it may is due.
            nowS += 1_000;
            aging.expire(1_000 * nowS, gone::add);
            most = Math.max(most, gone.size());
        }
        assertTrue(most < 1.1 * Sweep.ROWS_A_BATCH, "most: " + most);
        assertTrue(batches <= 9, "batches: " + batches);
    }

    /** The cursor's state is part of what is saved, and where rows lie is not. */
    @Test
    void aRestoredLifeGoesOnTheSameOverRowsThatLieElsewhere() {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            ParameterTable rows = table();
            RowLife original = new RowLife(SPEC, rows);
            run(random, rows, original, 0, 200);
            ParameterTable copied =
                    new OffHeapTable(RowLayout.TRAINING, SPEC.policies().maxRows());
            copied.reserve(100_000);
            rows.forEachRow(row ->
                    update(copied, copied.findOrInsert(rows.key(row)), rows.getInt(row, RowLayout.LAST_UPDATE_S)));
            RowLife restored = new RowLife(SPEC, copied);
            restored.restore(original.toBytes());
            assertEquals(original.counters(), restored.counters());
            long more = random.nextLong();
            List<Set<Long>> expected = run(new Random(more), rows, original, 200, 400);
            assertEquals(expected, run(new Random(more), copied, restored, 200, 400), "seed " + seed);
            assertArrayEquals(original.toBytes(), restored.toBytes());
        }
    }

    /** Rounds of 7 s; tells what went in each. */
    private static List<Set<Long>> run(Random random, ParameterTable table, RowLife life, int from, int to) {
        List<Set<Long>> gone = new ArrayList<>();
        for (int round = from; round < to; round++) {
            for (int i = 0; i < 5; i++) {
                long key = FeatureIds.pack(List.of(U, I, K).get(random.nextInt(3)), 1 + random.nextInt(100));
                update(table, life.rowFor(key, 1), START_S + 7L * round);
            }
            Set<Long> inRound = new HashSet<>();
            life.expire(1_000 * (START_S + 7L * round), inRound::add);
            gone.add(inRound);
        }
        return gone;
    }

    @Test
    void aSketchOfAnotherSizeStartsEmpty() {
        life.rowFor(FeatureIds.pack(U, 77), 2);
        byte[] saved = life.toBytes();
        ModelSpec larger = SpecReader.parse(
                "larger",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {u: {type: category, from: user.id, minCount: 3}}}");
        RowLife other = new RowLife(larger, table());
        other.restore(saved);
        assertEquals(ParameterTable.MISSING, other.rowFor(FeatureIds.pack(U, 77), 1));
        assertEquals(3, other.counters().heldBack());
    }

    @Test
    void readsTheBytesOfVersion1() throws IOException {
        byte[] fossil = AdmissionSketchTest.fossil("row-life-v1.bin");
        assertArrayEquals(fossil, asInTheFossil().toBytes(), "a new form needs a new version");
        RowLife restored = new RowLife(small(), table());
        restored.restore(fossil);
        assertEquals(new RowLife.Counters(1, 200, 0, 0), restored.counters());
        for (int length : new int[] {0, 20, fossil.length - 1}) {
            assertThrows(IllegalArgumentException.class, () -> life.restore(Arrays.copyOf(fossil, length)));
        }
    }

    private static ModelSpec small() {
        return SpecReader.parse(
                "small",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, policies: {admissionBytes: 1024},"
                        + " slots: {u: {type: category, from: user.id, minCount: 3, expireAfter: 1h}}}");
    }

    static RowLife asInTheFossil() {
        RowLife life = new RowLife(small(), table());
        life.expire(1_000 * START_S, key -> {});
        for (int key = 1; key <= 100; key++) {
            life.rowFor(FeatureIds.pack(U, key), 2);
        }
        life.rowFor(FeatureIds.pack(U, 1_000), 3);
        life.expire(1_000 * START_S + 123_456, key -> {});
        return life;
    }
}
