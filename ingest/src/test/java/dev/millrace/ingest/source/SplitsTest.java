package dev.millrace.ingest.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SplitsTest {
    private static List<Split> splits(int... sizes) {
        List<Split> splits = new ArrayList<>();
        for (int f = 0; f < sizes.length; f++) {
            DataFile file = new DataFile("f" + f, 10L * sizes[f]);
            for (int s = 0; s < sizes[f]; s++) {
                splits.add(new Split(file, 10L * s, 10L * s + 10));
            }
        }
        return splits;
    }

    @Test
    void inOrderIsRoundRobin() {
        List<Split> all = splits(3, 2);
        Splits splits = Splits.inOrder(all, 2);
        for (int k = 0; k < all.size(); k++) {
            assertEquals(all.get(k), splits.claim(k % 2));
        }
        assertNull(splits.claim(0));
        assertNull(splits.claim(1));
        assertEquals(0, splits.stolen());
    }

    @Test
    void whoIsDoneTakesFromWhoHasMost() {
        Splits splits = Splits.ownFilesFirst(splits(1, 2, 9), 3);
        assertEquals("f0", name(splits.claim(0)));
        assertEquals("f2", name(splits.claim(0)));
        assertEquals("f1", name(splits.claim(1)));
        assertEquals("f2", name(splits.claim(2)));
        assertEquals(1, splits.stolen());
        assertEquals(40, splits.claimedBytes());
    }

    private static String name(@org.jspecify.annotations.Nullable Split split) {
        return split == null ? "none" : split.file().name();
    }

    @Test
    void everySplitGoesOutOnceInAnyOrderOfClaims() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<Split> all = splits(random.nextInt(5), random.nextInt(9), random.nextInt(3), random.nextInt(20));
            int workers = 1 + random.nextInt(4);
            Splits splits = Splits.ownFilesFirst(all, workers);
            List<Split> claimed = new ArrayList<>();
            int idle = 0;
            while (idle < 50) {
                Split split = splits.claim(random.nextInt(workers));
                if (split == null) {
                    idle++;
                } else {
                    claimed.add(split);
                }
            }
            assertEquals(all.size(), claimed.size(), "seed " + seed);
            assertEquals(new HashSet<>(all), new HashSet<>(claimed), "seed " + seed);
            assertTrue(splits.claimedBytes() == splits.bytes());
        }
    }
}
