package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OffHeapTableTest extends ParameterTableContract {
    private static final int MANY = 200_000;
    /** From here on the last huge page, not all of it in use, no longer matters. */
    private static final long HUGE_PAGES = 4L << 20;

    @Override
    ParameterTable create(RowLayout layout, long maxRows) {
        return new OffHeapTable(layout, maxRows);
    }

    /** 2.6 × key and state while it grows row by row, 1.5 × in the compact one; 4.4 × while it doubles. */
    @ParameterizedTest
    @MethodSource("layouts")
    void bytesARowStayWithinTheBound(RowLayout layout) {
        // Of one layout so many that it no longer doubles.
        int rows = layout.equals(RowLayout.FTRL) ? 12 * MANY : MANY;
        OffHeapTable table = new OffHeapTable(layout, 10L * rows);
        boolean compact = layout.equals(RowLayout.SERVING_COMPACT);
        long spare = 2L << 20;
        for (int i = 1; i <= rows; i++) {
            table.findOrInsert(KeyHash.mix(i));
            if (table.bytes() > HUGE_PAGES) {
                boolean doubles = !compact && table.bytes() - spare <= 2 * RowLayout.DOUBLES_BELOW;
                double bound = (compact ? 1.5 : doubles ? 4.4 : 2.6) * layout.stride();
                assertTrue(
                        (double) (table.bytes() - spare) / i <= bound, () -> table.bytes() + " bytes, " + table.size());
            }
        }
    }

    /** Every key shares its home with a hundred others, so that runs are long and cross what is being spread. */
    @ParameterizedTest
    @MethodSource("layouts")
    void crowdedPlacesStayFoundWhileItGrows(RowLayout layout) {
        Random random = new Random(7);
        OffHeapTable table = new OffHeapTable(layout, MANY);
        long[] keys = new long[20_000];
        int count = 0;
        while (count < keys.length) {
            long key = random.nextLong();
            // One in 64 of all places.
            if (KeyHash.place(key) << 58 == 0 && key != 0) {
                table.setFloat(table.findOrInsert(key), RowLayout.WEIGHT, count);
                keys[count++] = key;
            }
        }
        for (int i = 0; i < count; i++) {
            assertEquals(i, table.getFloat(table.find(keys[i]), RowLayout.WEIGHT));
        }
        for (int i = 0; i < count; i += 2) {
            assertTrue(table.remove(keys[i]));
        }
        for (int i = 0; i < count; i++) {
            assertEquals(i % 2 == 1, table.find(keys[i]) != ParameterTable.MISSING);
        }
    }
}
