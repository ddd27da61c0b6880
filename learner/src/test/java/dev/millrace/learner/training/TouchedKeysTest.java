package dev.millrace.learner.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TouchedKeysTest {
    private static final long SEED = 20261122;

    /** Keys of few and of many different values, drained at random. */
    @Test
    void holdsEachKeyOnceUntilItIsDrained() {
        SplittableRandom random = new SplittableRandom(SEED);
        TouchedKeys touched = new TouchedKeys();
        LongOpenHashSet expected = new LongOpenHashSet();
        for (int round = 0; round < 20; round++) {
            int different = 1 << random.nextInt(18);
            int adds = random.nextInt(50_000);
            for (int i = 0; i < adds; i++) {
                // Neighbours, and keys that differ in high bits only.
                long n = 1L + random.nextInt(different);
                long key = random.nextBoolean() ? n : n << 40;
                touched.add(key);
                expected.add(key);
                if (random.nextInt(1000) == 0) {
                    assertEquals(expected.size(), touched.size(), "seed " + SEED);
                }
            }
            if (random.nextBoolean()) {
                var drained = touched.drain();
                assertEquals(expected.size(), drained.size(), "seed " + SEED);
                assertEquals(expected, new LongOpenHashSet(drained), "seed " + SEED);
                expected.clear();
                assertEquals(0, touched.size());
            }
        }
    }
}
