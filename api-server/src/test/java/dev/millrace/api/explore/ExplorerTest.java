package dev.millrace.api.explore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.SpecReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplorerTest {
    private static final int CANDIDATES = 5;
    private static final int SHOWN = 4;
    private static final int REQUESTS = 40_000;
    private static final int[][] ONE = {{3, 1, 0, 4, 2}};
    private static final int[][] SEVERAL = {{3, 1, 0, 4, 2}, {1, 3, 0, 4, 2}, {3, 1, 2, 0, 4}};

    private static Explorer explorer(String explore) {
        return new Explorer(SpecReader.parse("explore", """
                model: m
                objective: logistic
                labels: {click: 1}
                rewardWindow: 1s
                slots: {u: {type: category, from: user.id}}
                explore: %s
                """.formatted(explore)));
    }

    /** The share of requests in which an item stands at a place is the propensity that was said each time it did. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{epsilon: 0.3}",
                "{epsilon: 1}",
                "{shuffle: {top: 3, rate: 0.5}}",
                "{epsilon: 0.2, shuffle: {top: 3, rate: 0.4}}",
                "{shuffle: {top: 100, rate: 1}}"
            })
    void whatIsSaidIsHowOftenItHappens(String explore) {
        for (int[][] rankings : new int[][][] {ONE, SEVERAL}) {
            double[][] said = new double[CANDIDATES][SHOWN];
            int[][] seen = new int[CANDIDATES][SHOWN];
            Explorer explorer = explorer(explore);
            for (int request = 0; request < REQUESTS; request++) {
                Slate slate = explorer.choose("request " + request, rankings, SHOWN);
                for (int place = 0; place < SHOWN; place++) {
                    seen[slate.order()[place]][place]++;
                    said[slate.order()[place]][place] = slate.propensities()[place];
                }
            }
            double total = 0;
            for (int item = 0; item < CANDIDATES; item++) {
                for (int place = 0; place < SHOWN; place++) {
                    double p = said[item][place];
                    double deviation = Math.sqrt(p * (1 - p) / REQUESTS);
                    assertEquals(p, seen[item][place] / (double) REQUESTS, 4.5 * deviation + 1e-6, explore);
                    total += p;
                }
            }
            assertEquals(SHOWN, total, 1e-3, "each place shows one item; every item that can stand there did");
        }
    }

    @Test
    void withoutExplorationTheRankingStandsForCertain() {
        Explorer explorer = explorer("{}");
        assertTrue(explorer.isNone());
        Slate slate = explorer.choose("r", ONE, 10);
        assertArrayEquals(ONE[0], slate.order());
        assertArrayEquals(new float[] {1, 1, 1, 1, 1}, slate.propensities());
    }

    @Test
    void theSameRequestIsAnsweredAlike() {
        Explorer explorer = explorer("{epsilon: 0.5, shuffle: {top: 2, rate: 0.5}}");
        for (int request = 0; request < 100; request++) {
            Slate slate = explorer.choose("r" + request, SEVERAL, SHOWN);
            Slate again = explorer.choose("r" + request, SEVERAL, SHOWN);
            assertArrayEquals(slate.order(), again.order());
            assertArrayEquals(slate.propensities(), again.propensities());
        }
    }
}
