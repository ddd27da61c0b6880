package dev.millrace.api.monitor.window;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SeenIdsTest {
    private final TreeMap<Long, byte[]> kept = new TreeMap<>();

    private void keep(long number, byte @Nullable [] value) {
        if (value == null) {
            kept.remove(number);
        } else {
            kept.put(number, value);
        }
    }

    @Test
    void manyAtOnceAreKeptInRecordsOfABoundedSize() {
        SeenIds seen = new SeenIds(1_000_000);
        for (long id = 1; id <= 150_000; id++) {
            assertTrue(seen.isNew(id));
        }
        seen.flush(this::keep);
        assertEquals(3, kept.size());
        assertTrue(kept.values().stream().allMatch(bytes -> bytes.length <= 1 + SeenIds.CHUNK * Long.BYTES));
        SeenIds after = new SeenIds(1_000_000);
        kept.forEach(after::restore);
        assertFalse(after.isNew(1));
        assertFalse(after.isNew(150_000));
        assertTrue(after.isNew(150_001));
        after.flush(this::keep);
        assertEquals(4, kept.size(), "numbers go on");
    }

    @Test
    void theOldestGo() {
        SeenIds seen = new SeenIds(100);
        for (long id = 1; id <= 300; id++) {
            assertTrue(seen.isNew(id));
            if (id % 50 == 0) {
                seen.flush(this::keep);
            }
        }
        assertTrue(kept.size() <= 3, "chunks " + kept.keySet());
        assertTrue(seen.isNew(1));
        assertFalse(seen.isNew(300));
    }
}
