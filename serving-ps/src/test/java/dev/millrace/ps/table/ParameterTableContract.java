package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every parameter table does. */
abstract class ParameterTableContract {
    abstract ParameterTable create(RowLayout layout, long maxRows);

    @ParameterizedTest
    @EnumSource(RowLayout.class)
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

    @Test
    void reservedInsertionsMoveNoRow() {
        ParameterTable table = create(RowLayout.TRAINING, 1 << 20);
        for (int filled = 1; filled < 5_000; filled = filled * 3 + 1) {
            table.reserve(filled);
            long first = table.findOrInsert(filled * 1_000_003L);
            for (int i = 1; i < filled; i++) {
                table.findOrInsert(filled * 1_000_003L + i);
            }
            assertEquals(first, table.find(filled * 1_000_003L));
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

    /** Few keys over many operations, so that runs collide, break and shift back. */
    @Test
    void randomOperationsAgreeWithTheOracle() {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            ParameterTable table = create(RowLayout.SERVING, 3_000);
            ReferenceTable oracle = new ReferenceTable(RowLayout.SERVING, 3_000);
            int range = 10 << random.nextInt(10);
            for (int operation = 0; operation < 20_000; operation++) {
                long key = (random.nextInt(range) + 1) * (random.nextBoolean() ? 1L : 1L << 48);
                switch (random.nextInt(3)) {
                    case 0 -> {
                        float weight = random.nextFloat();
                        put(table, key, weight);
                        put(oracle, key, weight);
                    }
                    case 1 -> assertEquals(oracle.remove(key), table.remove(key), "seed " + seed);
                    default -> assertEquals(weight(oracle, key), weight(table, key), "seed " + seed);
                }
            }
            assertEquals(contents(oracle), contents(table), "seed " + seed);
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
