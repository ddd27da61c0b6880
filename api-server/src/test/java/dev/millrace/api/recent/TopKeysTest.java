package dev.millrace.api.recent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import it.unimi.dsi.fastutil.longs.Long2DoubleOpenHashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopKeysTest {
    /** The sketch's own promise, on a skewed stream of many more keys than counters. */
    @Test
    void countsAreNeverTooLowAndAtMostTheirErrorTooHigh() {
        long seed = 5;
        Random random = new Random(seed);
        TopKeys sketch = new TopKeys(64);
        Long2DoubleOpenHashMap exact = new Long2DoubleOpenHashMap();
        for (int i = 0; i < 50_000; i++) {
            long key = 1 + (long) (2_000 * Math.pow(random.nextDouble(), 4));
            double weight = 1 + random.nextInt(3);
            exact.addTo(key, weight);
            var unused = sketch.offer(key, weight);
        }
        assertEquals(exact.values().doubleStream().sum(), sketch.total(), 1e-6);
        List<TopKeys.Top> top = sketch.top(10);
        for (TopKeys.Top one : top) {
            double real = exact.get(one.key());
            assertTrue(one.count() >= real - 1e-9, one + " of " + real + ", seed " + seed);
            assertTrue(one.count() - one.error() <= real + 1e-9, one + " of " + real + ", seed " + seed);
        }
        assertEquals(1, top.getFirst().key(), "the hottest is known");
    }

    @Test
    void whatGoesIsTold() {
        TopKeys sketch = new TopKeys(2);
        assertEquals(0, sketch.offer(7, 5));
        assertEquals(0, sketch.offer(8, 1));
        assertEquals(8, sketch.offer(9, 1), "the one that counts least");
        assertEquals(new TopKeys.Top(9, 2, 1), sketch.top(2).get(1));
        sketch.halve();
        assertEquals(2.5, sketch.top(1).getFirst().count());
        assertEquals(3.5, sketch.total());
    }
}
