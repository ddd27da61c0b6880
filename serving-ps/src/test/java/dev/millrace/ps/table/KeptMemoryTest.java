package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a table had written is gone when the next one gets its memory. */
class KeptMemoryTest {
    /** Of no other test. */
    private static final long MAX_ROWS = 1_234_567;

    @AfterEach
    void off() {
        KeptMemory.atMost(0);
    }

    private static long fill(int rows) {
        var table = new OffHeapTable(RowLayout.FTRL, MAX_ROWS);
        for (int i = 1; i <= rows; i++) {
            long row = table.findOrInsert(i * 0x9E3779B97F4A7C15L);
            assertEquals(0f, table.getFloat(row, RowLayout.Z));
            table.setFloat(row, RowLayout.Z, i);
        }
        assertEquals(rows, table.size());
        long[] seen = {0};
        table.forEachRow(row -> seen[0]++);
        assertEquals(rows, seen[0]);
        return table.bytes();
    }

    @Test
    void memoryComesBackAsZeros() {
        KeptMemory.atMost(64 << 20);
        long before = KeptMemory.keptBytes();
        long bytes = fill(100_000);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            System.gc();
            return KeptMemory.keptBytes() > before;
        });
        assertTrue(KeptMemory.keptBytes() <= 64 << 20);
        assertTrue(bytes > 0);
        // Fewer rows than before, so that what is left over would show; and more.
        fill(1_000);
        fill(200_000);
    }
}
