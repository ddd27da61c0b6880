package dev.millrace.api.arm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TeamDraftTest {
    private static final long SEED = 3;

    @Test
    void bothDraftAlikeAndEachTheBestThatIsLeft() {
        SplittableRandom random = new SplittableRandom(SEED);
        int[] first = {0, 1, 2, 3, 4, 5};
        int[] second = {5, 0, 4, 1, 3, 2};
        int begins = 0;
        for (int run = 0; run < 2_000; run++) {
            TeamDraft draft = TeamDraft.of(first, second, random);
            int[] sorted = draft.order().clone();
            Arrays.sort(sorted);
            assertArrayEquals(first, sorted, "each once");
            int lead = 0;
            for (int item : draft.order()) {
                lead += draft.drafted()[item] ? -1 : 1;
                assertTrue(Math.abs(lead) <= 1, "nobody is two ahead");
            }
            assertEquals(0, lead);
            int head = draft.order()[0];
            assertEquals(draft.drafted()[head] ? 5 : 0, head);
            begins += draft.drafted()[head] ? 1 : 0;
        }
        assertEquals(1_000, begins, 5 * Math.sqrt(500), "seed " + SEED);
    }

    /** Equal rankings: the list is theirs, and a click speaks for either alike, wherever it is. */
    @Test
    void equalRankingsShareThePlaces() {
        SplittableRandom random = new SplittableRandom(SEED);
        int[] ranking = {3, 1, 2, 0};
        int[] drafted = new int[ranking.length];
        for (int run = 0; run < 2_000; run++) {
            TeamDraft draft = TeamDraft.of(ranking, ranking, random);
            assertArrayEquals(ranking, draft.order());
            for (int item = 0; item < ranking.length; item++) {
                drafted[item] += draft.drafted()[item] ? 1 : 0;
            }
        }
        for (int count : drafted) {
            assertEquals(1_000, count, 5 * Math.sqrt(500), "seed " + SEED);
        }
    }
}
