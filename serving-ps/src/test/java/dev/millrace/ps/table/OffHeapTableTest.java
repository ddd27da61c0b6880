package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class OffHeapTableTest extends ParameterTableContract {
    @Override
    ParameterTable create(RowLayout layout, long maxRows) {
        return new OffHeapTable(layout, maxRows);
    }

    @Test
    void roomIsMadeAside() {
        OffHeapTable table = new OffHeapTable(RowLayout.SERVING, Long.MAX_VALUE);
        for (int key = 1; key <= 400; key++) {
            table.setFloat(table.findOrInsert(key), RowLayout.WEIGHT, key);
        }
        long bytes = table.bytes();
        assertSame(table, table.withRoom(112));
        OffHeapTable roomy = table.withRoom(5_000);
        assertNotSame(table, roomy);
        assertEquals(bytes, table.bytes());
        long roomyBytes = roomy.bytes();
        assertTrue(roomyBytes >= 2 * 5_400 * RowLayout.SERVING.stride());
        for (int key = 1_001; key <= 6_000; key++) {
            roomy.findOrInsert(key);
        }
        assertEquals(roomyBytes, roomy.bytes());
        assertEquals(5_400, roomy.size());
        assertEquals(400, table.size());
        for (int key = 1; key <= 400; key++) {
            assertEquals(key, roomy.getFloat(roomy.find(key), RowLayout.WEIGHT));
        }
    }
}
