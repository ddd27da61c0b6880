package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowHistoryTest {
    private static final int ROWS = 8;
    private static final int BYTES_A_ROW = 2 * Long.BYTES + 2 * Float.BYTES;

    /** Against copies of the whole table. */
    @Test
    void everyVersionThatIsKnownIsAsItWas() {
        for (int seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            RowHistory history = new RowHistory(40 * BYTES_A_ROW, 2);
            history.begin(10);
            Map<Long, float[]> now = new HashMap<>();
            List<Map<Long, float[]>> versions = new ArrayList<>(List.of(Map.of()));
            for (long version = 11; version < 60; version++) {
                for (int i = random.nextInt(4); i >= 0; i--) {
                    long key = 1L + random.nextInt(ROWS);
                    history.replaced(key, version, now.getOrDefault(key, new float[2]), 0);
                    now.put(key, new float[] {random.nextFloat(), version});
                }
                versions.add(new HashMap<>(now));
                for (long then = history.since(); then <= version; then++) {
                    assertRows(versions.get((int) then - 10), now, history, then);
                }
            }
            assertTrue(history.since() > 10 && history.since() < 59, "seed " + seed + " " + history.since());
        }
    }

    private static void assertRows(Map<Long, float[]> then, Map<Long, float[]> now, RowHistory history, long version) {
        long[] keys = new long[ROWS];
        float[] rows = new float[2 * ROWS];
        for (int i = 0; i < ROWS; i++) {
            keys[i] = i + 1L;
            System.arraycopy(now.getOrDefault(keys[i], new float[2]), 0, rows, 2 * i, 2);
        }
        history.rewind(version, keys, ROWS, rows);
        for (int i = 0; i < ROWS; i++) {
            float[] expected = then.getOrDefault(keys[i], new float[2]);
            assertEquals(expected[0], rows[2 * i]);
            assertEquals(expected[1], rows[2 * i + 1]);
        }
    }

    @Test
    void whatBeganAnewKnowsNothingOfBefore() {
        RowHistory history = new RowHistory(40 * BYTES_A_ROW, 2);
        history.begin(1);
        history.replaced(5, 2, new float[] {1, 1}, 0);
        history.begin(7);
        assertEquals(7, history.since());
        float[] rows = {9, 9};
        history.rewind(7, new long[] {5}, 1, rows);
        assertEquals(9, rows[0]);
    }
}
