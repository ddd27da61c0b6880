package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OffHeapTableTest extends ParameterTableContract {
    private static final int MANY = 100_000;

    @Override
    ParameterTable create(RowLayout layout, long maxRows) {
        return new OffHeapTable(layout, maxRows);
    }

    /** 2.6 × key and state while it grows row by row, 1.5 × in the compact layout that serves. */
    @ParameterizedTest
    @EnumSource(RowLayout.class)
    void bytesARowStayWithinTheBound(RowLayout layout) {
        OffHeapTable table = new OffHeapTable(layout, 10 * MANY);
        double bound = (layout == RowLayout.SERVING ? 1.5 : 2.6) * layout.stride();
        for (int i = 1; i <= MANY; i++) {
            table.findOrInsert(KeyHash.mix(i));
            if (i > MANY / 2) {
                assertTrue((double) table.bytes() / i <= bound, () -> table.bytes() + " bytes, " + table.size());
            }
        }
    }

    /** Every key shares its home with a hundred others, so that runs are long and cross what is being spread. */
    @ParameterizedTest
    @EnumSource(RowLayout.class)
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
