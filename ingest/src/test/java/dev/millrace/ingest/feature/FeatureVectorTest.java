package dev.millrace.ingest.feature;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Ones that nobody writes down read as ones, whenever another value comes. */
class FeatureVectorTest {
    private static final long SEED = 5;

    private record Feature(long id, float value) {}

    private static List<Feature> read(FeatureVector vector) {
        List<Feature> read = new ArrayList<>();
        for (int i = 0; i < vector.size(); i++) {
            read.add(new Feature(vector.id(i), vector.value(i)));
        }
        return read;
    }

    @Test
    void holdsWhatAListHolds() {
        SplittableRandom random = new SplittableRandom(SEED);
        FeatureVector vector = new FeatureVector();
        List<Feature> expected = new ArrayList<>();
        for (long step = 0; step < 20_000; step++) {
            String why = "step " + step + ", seed " + SEED;
            switch (random.nextInt(10)) {
                case 0 -> {
                    vector.clear();
                    expected.clear();
                }
                case 1 -> {
                    int size = random.nextInt(expected.size() + 1);
                    vector.truncate(size);
                    expected.subList(size, expected.size()).clear();
                }
                case 2, 3, 4 -> {
                    int count = random.nextInt(20);
                    int at = vector.appendOnes(count);
                    for (int i = 0; i < count; i++) {
                        vector.ids()[at + i] = step + i;
                        expected.add(new Feature(step + i, 1f));
                    }
                }
                case 6 -> {
                    for (int i = 0; i < expected.size(); i++) {
                        assertEquals(expected.get(i).value(), vector.values()[i], why);
                    }
                }
                case 5 -> {
                    vector.add(step, step);
                    expected.add(new Feature(step, step));
                }
                default -> {
                    vector.add(step, 1f);
                    expected.add(new Feature(step, 1f));
                }
            }
            assertEquals(expected, read(vector), why);
            assertEquals(expected, read(vector.copy()), why);
            long[] ids = new long[expected.size() + 1];
            float[] values = new float[expected.size() + 1];
            vector.copyTo(ids, values, 1);
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(expected.get(i), new Feature(ids[1 + i], values[1 + i]), why);
            }
        }
    }

    @Test
    void valuesAreWrittenWhenTheyAreAskedFor() {
        FeatureVector vector = new FeatureVector();
        vector.add(7, 1f);
        vector.add(8, 1f);
        assertEquals(1f, vector.values()[1]);
        vector.add(9, 3f);
        assertArrayEquals(new float[] {1f, 1f, 3f}, Arrays.copyOf(vector.values(), 3));
    }
}
