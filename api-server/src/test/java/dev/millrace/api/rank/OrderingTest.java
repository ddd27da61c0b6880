package dev.millrace.api.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OrderingTest {
    @Test
    void bestFirstAndTiesInTheCandidatesOrder() {
        float[] scores = {0.5f, 1f, 0.5f, 0f, -0f, 0.7f, Float.MIN_VALUE};
        assertArrayEquals(new int[] {1, 5, 0, 2, 6, 3, 4}, Ordering.best(scores, 7, 7));
        assertArrayEquals(new int[] {1, 5}, Ordering.best(scores, 7, 2));
    }

    @Test
    void agreesWithAStableSort() {
        Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            int n = 1 + random.nextInt(1000);
            float[] scores = new float[n];
            for (int i = 0; i < n; i++) {
                scores[i] = random.nextInt(4) == 0 ? random.nextInt(5) / 4f : random.nextFloat();
            }
            int[] expected = IntStream.range(0, n)
                    .boxed()
                    .sorted(Comparator.comparing((Integer i) -> -scores[i]))
                    .mapToInt(i -> i)
                    .toArray();
            assertArrayEquals(expected, Ordering.best(scores, n, n));
            int limit = 1 + random.nextInt(n);
            assertArrayEquals(
                    Arrays.copyOf(expected, limit), Ordering.best(scores, n, limit), "the best " + limit + " of " + n);
        }
    }

    @Test
    void whatIsNotFiniteIsNotRanked() {
        for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
            assertThrows(IllegalStateException.class, () -> Ordering.best(new float[] {0.5f, bad}, 2, 1));
        }
    }

    /** Of models of values, and of what a formula makes of heads. */
    @Test
    void valuesOfAnySignAreRankedHighestFirst() {
        assertArrayEquals(new int[] {1, 3, 0, 2}, Ordering.best(new float[] {-0.1f, 4.5f, -3, 1.1f}, 4, 4));
        assertArrayEquals(
                new int[] {4, 1}, Ordering.best(new float[] {-0.1f, 4.5f, -3, 1.1f, 5, -1, -2, -9, -8, 0}, 10, 2));
    }

    @Test
    void sumsOfEitherSignAreOrderedHighestFirst() {
        float[] sums = {-1, 3, -0f, 0, -2.5f, 1e-20f, Float.NEGATIVE_INFINITY, 3};
        assertArrayEquals(new int[] {1, 7, 5, 2, 3, 0, 4, 6}, Ordering.descending(sums));
    }
}
