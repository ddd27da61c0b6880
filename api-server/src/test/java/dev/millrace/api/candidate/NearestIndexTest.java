package dev.millrace.api.candidate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NearestIndexTest {
    @Test
    void findsAlmostAllOfTheLargestInnerProducts() {
        Random random = new Random(7);
        List<String> ids = new ArrayList<>();
        List<float[]> points = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            ids.add("i" + i);
            points.add(point(random, 1 + random.nextFloat()));
        }
        NearestIndex index = NearestIndex.of(ids, points);
        int found = 0;
        for (int q = 0; q < 50; q++) {
            float[] query = point(random, 1);
            Set<String> best = new HashSet<>(index.best(query, 20));
            found += (int) IntStream.range(0, ids.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -dot(query, points.get(i))))
                    .limit(20)
                    .filter(i -> best.contains(ids.get(i)))
                    .count();
        }
        assertTrue(found > 900, "recall " + found / 1000.0);
    }

    @Test
    void aSmallOneIsWhole() {
        NearestIndex index = NearestIndex.of(List.of("a", "b"), List.of(new float[] {1, 0}, new float[] {3, 0}));
        assertEquals(List.of("b", "a"), index.best(new float[] {1, 0}, 10));
        assertEquals(
                List.of("a"),
                NearestIndex.of(List.of("a"), List.of(new float[] {0, 0})).best(new float[2], 5));
    }

    private static float[] point(Random random, float scale) {
        float[] point = new float[9];
        for (int i = 0; i < point.length; i++) {
            point[i] = (float) random.nextGaussian() * scale;
        }
        return point;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
