package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every parameter table does. */
abstract class ParameterTableContract {
    abstract ParameterTable create(RowLayout layout, long maxRows);

    static Stream<RowLayout> layouts() {
        return Stream.concat(
                RowLayout.plain().stream(),
                Stream.of(
                        RowLayout.TRAINING.withVectors(16, 1),
                        RowLayout.FTRL.withVectors(7, 15),
                        RowLayout.SERVING.withVectors(5, 0)));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void newRowsAreZeroAndFound(RowLayout layout) {
        ParameterTable table = create(layout, 100);
        assertEquals(ParameterTable.MISSING, table.find(7));
        long row = table.findOrInsert(7);
        assertEquals(row, table.find(7));
        assertEquals(7, table.key(row));
        assertEquals(0f, table.getFloat(row, RowLayout.WEIGHT));
        assertEquals(1, table.size());
        assertTrue(table.bytes() >= layout.stride());
    }

    @Test
    void keyZeroIsRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> create(RowLayout.SERVING, 10).findOrInsert(0));
    }

    @Test
    void theBoundHoldsAndFreesWithRemoval() {
        ParameterTable table = create(RowLayout.SERVING, 2);
        table.findOrInsert(1);
        table.findOrInsert(2);
        assertEquals(ParameterTable.MISSING, table.findOrInsert(3));
        assertNotEquals(ParameterTable.MISSING, table.findOrInsert(2));
        assertTrue(table.remove(1));
        assertNotEquals(ParameterTable.MISSING, table.findOrInsert(3));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void batchesFindWhatSinglesFind(RowLayout layout) {
        Random random = new Random(3);
        ParameterTable table = create(layout, 1 << 20);
        long[] keys = new long[ParameterTable.CHUNK];
        long[] rows = new long[ParameterTable.CHUNK];
        for (int batch = 0; batch < 200; batch++) {
            for (int i = 0; i < keys.length; i++) {
                keys[i] = 1L + random.nextInt(30_000);
            }
            table.findOrInsertAll(keys, 6, 250, rows);
            for (int i = 0; i < 250; i++) {
                assertEquals(table.find(keys[6 + i]), rows[i]);
                table.setFloat(rows[i], RowLayout.WEIGHT, keys[6 + i]);
            }
            table.findAll(keys, 0, 6, rows);
            for (int i = 0; i < 6; i++) {
                assertEquals(table.find(keys[i]), rows[i]);
            }
        }
        table.forEachRow(row -> assertEquals((float) table.key(row), table.getFloat(row, RowLayout.WEIGHT)));
        for (long key = 1; key < 1_000; key++) {
            table.remove(key);
        }
        long[] many = random.longs(3_000, 0, 40_000).toArray();
        // No key, though empty places have it.
        Arrays.fill(many, 500, 510, 0);
        float[] weights = new float[many.length];
        table.getFloats(many, many.length, RowLayout.WEIGHT, weights);
        for (int i = 0; i < many.length; i++) {
            assertEquals(table.find(many[i]) == ParameterTable.MISSING ? 0f : many[i], weights[i]);
        }
    }

    @Test
    void pairsAreTheirFloats() {
        ParameterTable table = create(RowLayout.FTRL, 1 << 10);
        long[] rows = {0, table.findOrInsert(5), ParameterTable.MISSING, table.findOrInsert(6)};
        float[] first = {1, 2, 3, 4};
        float[] second = {-1, -2, -3, -4};
        table.setPairs(rows, 1, 3, RowLayout.Z, new int[] {3, 0, 1}, first, second);
        assertEquals(4, table.getFloat(rows[1], RowLayout.Z));
        assertEquals(-4, table.getFloat(rows[1], RowLayout.N));
        assertEquals(2, table.getFloat(rows[3], RowLayout.Z));
        table.getPairs(rows, 1, 3, RowLayout.Z, new int[] {0, 1, 2}, first, second);
        assertArrayEquals(new float[] {4, 0, 2, 4}, first);
        assertArrayEquals(new float[] {-4, 0, -2, -4}, second);
    }

    @Test
    void rangesOfPlacesHoldTheirRowsOnly() {
        Random random = new Random(4);
        ParameterTable table = create(RowLayout.SERVING, 1 << 20);
        for (int i = 0; i < 9_000; i++) {
            table.findOrInsert(random.nextLong());
        }
        Set<Long> seen = new HashSet<>();
        long width = (1L << 32) / 7;
        for (int part = 0; part < 7; part++) {
            long from = part * width;
            long to = part == 6 ? 1L << 32 : from + width;
            table.forEachRow(from, to, row -> {
                long place = KeyHash.place(table.key(row));
                assertTrue(place >= from && place < to);
                assertTrue(seen.add(table.key(row)));
            });
        }
        assertEquals(table.size(), seen.size());
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void reservedRoomHoldsWhatWasThere(RowLayout layout) {
        ParameterTable table = create(layout, 1 << 20);
        for (int filled = 1; filled < 5_000; filled = filled * 3 + 1) {
            table.reserve(filled);
            for (int i = 0; i < filled; i++) {
                table.setFloat(table.findOrInsert(filled * 1_000_003L + i), RowLayout.WEIGHT, i);
            }
            for (int i = 0; i < filled; i++) {
                assertEquals(i, table.getFloat(table.find(filled * 1_000_003L + i), RowLayout.WEIGHT));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void allRowsOfAnotherTableAreInserted(RowLayout layout) {
        for (int theirs : new int[] {0, 1, 500, 20_000}) {
            ParameterTable table = create(layout, 20_100);
            ParameterTable other = create(layout, 1 << 20);
            for (int i = 1; i <= 5_000; i++) {
                table.setFloat(table.findOrInsert(KeyHash.mix(2L * i)), RowLayout.WEIGHT, i);
            }
            for (int i = 1; i <= theirs; i++) {
                other.setFloat(other.findOrInsert(KeyHash.mix(2L * i + 1)), RowLayout.WEIGHT, -i);
            }
            long refused = table.insertAll(other);
            assertEquals(Math.max(0, 5_000 + theirs - 20_100), refused);
            assertEquals(5_000 + theirs - refused, table.size());
            int there = 0;
            for (int i = 1; i <= theirs; i++) {
                long row = table.find(KeyHash.mix(2L * i + 1));
                there += row == ParameterTable.MISSING ? 0 : 1;
                assertTrue(row == ParameterTable.MISSING || table.getFloat(row, RowLayout.WEIGHT) == -i);
            }
            assertEquals(theirs - refused, there);
            for (int i = 1; i <= 5_000; i++) {
                assertEquals(i, table.getFloat(table.find(KeyHash.mix(2L * i)), RowLayout.WEIGHT));
            }
        }
    }

    @Test
    void rowsCopyOutAndIn() {
        ParameterTable table = create(RowLayout.TRAINING, 10);
        long from = table.findOrInsert(1);
        table.setFloat(from, RowLayout.Z, 1.5f);
        table.setFloat(from, RowLayout.N, 2.5f);
        table.setInt(from, RowLayout.UPDATES, 3);
        table.setInt(from, RowLayout.LAST_UPDATE_S, 4);
        table.setLong(from, RowLayout.ID_SUM, -5);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(2L * RowLayout.TRAINING.stride(), 8);
            table.copyRow(from, bytes, RowLayout.TRAINING.stride());
            table.remove(1);
            long to = table.findOrInsert(9);
            table.setRow(to, bytes, RowLayout.TRAINING.stride());
            assertEquals(9, table.key(to));
            assertEquals(1.5f, table.getFloat(to, RowLayout.Z));
            assertEquals(2.5f, table.getFloat(to, RowLayout.N));
            assertEquals(3, table.getInt(to, RowLayout.UPDATES));
            assertEquals(4, table.getInt(to, RowLayout.LAST_UPDATE_S));
            assertEquals(-5, table.getLong(to, RowLayout.ID_SUM));
        }
    }

    /** Few keys over many operations, so that runs collide, break and are pulled back; cuts in between. */
    @ParameterizedTest
    @MethodSource("layouts")
    void randomOperationsAgreeWithTheOracle(RowLayout layout) {
        for (long seed = 1; seed <= 6; seed++) {
            new RandomOperations(seed, create(layout, 3_000), new ReferenceTable(layout, 3_000)).run();
        }
    }

    /**
     * Seeded operations on a table and its oracle. A copy is kept by cuts alone, whole ones and increments: after each
     * it holds what the oracle held when that cut began.
     */
    private static final class RandomOperations {
        private final String seed;
        private final Random random;
        private final ParameterTable table;
        private final ReferenceTable oracle;
        private final Map<Long, Float> copy = new HashMap<>();
        private Map<Long, Float> atBeginning = Map.of();
        private @Nullable RowCut cut;
        private final Map<Long, Float> handed = new HashMap<>();

        RandomOperations(long seed, ParameterTable table, ReferenceTable oracle) {
            this.seed = "seed " + seed;
            this.random = new Random(seed);
            this.table = table;
            this.oracle = oracle;
        }

        void run() {
            int range = 10 << random.nextInt(10);
            for (int operation = 0; operation < 20_000; operation++) {
                long key = (random.nextInt(range) + 1) * (random.nextBoolean() ? 1L : 1L << 48);
                switch (random.nextInt(4)) {
                    case 0 -> {
                        float weight = random.nextFloat();
                        put(table, key, weight);
                        put(oracle, key, weight);
                    }
                    case 1 -> assertEquals(oracle.remove(key), table.remove(key), seed);
                    case 2 -> mark(key);
                    default -> assertEquals(weight(oracle, key), weight(table, key), seed);
                }
                if (random.nextInt(50) == 0) {
                    copySome();
                }
                if (random.nextInt(700) == 0) {
                    assertEquals(takeMarked(oracle), takeMarked(table), seed);
                }
            }
            assertEquals(contents(oracle), contents(table), seed);
        }

        private void mark(long key) {
            for (ParameterTable each : new ParameterTable[] {oracle, table}) {
                each.mark(new long[] {0, each.find(key)}, 1, 1);
            }
            assertEquals(oracle.marked(), table.marked(), seed);
        }

        private Set<Long> takeMarked(ParameterTable of) {
            Set<Long> keys = new HashSet<>();
            long marked = of.marked();
            of.takeMarked(key -> assertTrue(keys.add(key), seed));
            assertEquals(marked, keys.size(), seed);
            return keys;
        }

        private void copySome() {
            if (cut == null) {
                atBeginning = contents(oracle);
                handed.clear();
                cut = table.cut(
                        random.nextInt(4) != 0,
                        (of, row) -> assertNull(
                                handed.put(of.key(row), of.getFloat(row, RowLayout.WEIGHT)), seed + ": handed twice"));
            } else if (random.nextInt(60) == 0) {
                cut.close();
                cut = null;
            } else if (cut.advance(random.nextInt(40))) {
                if (cut.whole()) {
                    copy.clear();
                }
                for (long removed : cut.removed()) {
                    copy.remove(removed);
                }
                copy.putAll(handed);
                assertEquals(atBeginning, copy, seed);
                cut = null;
            }
        }
    }

    private static void put(ParameterTable table, long key, float weight) {
        long row = table.findOrInsert(key);
        if (row != ParameterTable.MISSING) {
            table.setFloat(row, RowLayout.WEIGHT, weight);
        }
    }

    private static float weight(ParameterTable table, long key) {
        long row = table.find(key);
        return row == ParameterTable.MISSING ? Float.NaN : table.getFloat(row, RowLayout.WEIGHT);
    }

    private static Map<Long, Float> contents(ParameterTable table) {
        Map<Long, Float> contents = new HashMap<>();
        table.forEachRow(row -> contents.put(table.key(row), table.getFloat(row, RowLayout.WEIGHT)));
        assertEquals(table.size(), contents.size());
        return contents;
    }
}
