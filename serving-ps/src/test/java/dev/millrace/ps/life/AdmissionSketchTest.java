package dev.millrace.ps.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionSketchTest {
    /** Keys of a Zipf distribution with exponent 1.05 over a million, by inversion of its continuous form. */
    static long zipf(Random random) {
        double s = 1.05;
        double top = Math.pow(1_000_000, 1 - s) - 1;
        return (long) Math.pow(1 + random.nextDouble() * top, 1 / (1 - s));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 60_000})
    void neverCountsTooFew(int highest) {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            AdmissionSketch sketch = new AdmissionSketch(1 << 14, highest, seed);
            Map<Long, Integer> exact = new HashMap<>();
            long sinceHalved = 0;
            for (int i = 0; i < 20_000; i++) {
                long key = zipf(random);
                int occurrences = 1 + random.nextInt(3);
                int truth = exact.merge(key, occurrences, Integer::sum);
                int limit = highest == 3 ? 255 : 65_535;
                int counted = sketch.add(key, occurrences);
                assertTrue(counted >= Math.min(truth, limit), () -> "seed and key " + key);
                sinceHalved += occurrences;
                if (sinceHalved >= sketch.window()) {
                    // A saturated counter has forgotten what it did not count.
                    exact.replaceAll((k, count) -> Math.min(count, limit) / 2);
                    sinceHalved = 0;
                }
            }
        }
    }

    /** Cormode and Muthukrishnan 2005: more than e·N/width too many with a probability of at most e⁻⁴. */
    @Test
    void countsTooManyWithinTheBound() {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            AdmissionSketch sketch = new AdmissionSketch(1 << 16, 60_000, seed);
            Map<Long, Integer> exact = new HashMap<>();
            long n = sketch.window() - 1;
            for (int i = 0; i < n; i++) {
                long key = zipf(random);
                exact.merge(key, 1, Integer::sum);
                sketch.add(key, 1);
            }
            double bound = Math.E * n / sketch.width();
            long beyond = exact.entrySet().stream()
                    .filter(e -> sketch.count(e.getKey()) > e.getValue() + bound)
                    .count();
            assertTrue(beyond <= Math.exp(-4) * exact.size(), beyond + " of " + exact.size() + ", seed " + seed);
            // What admission by 2 occurrences lets in too early.
            long early = exact.entrySet().stream()
                    .filter(e -> e.getValue() == 1 && sketch.count(e.getKey()) > 1)
                    .count();
            assertTrue(early <= 0.03 * exact.size(), early + " of " + exact.size() + ", seed " + seed);
        }
    }

    @Test
    void forgetsWhatComesTooRarely() {
        AdmissionSketch sketch = new AdmissionSketch(1 << 12, 3, 1);
        assertEquals(2, sketch.add(7, 2));
        sketch.add(8, (int) sketch.window());
        assertEquals(1, sketch.count(7));
        sketch.add(9, (int) sketch.window());
        assertEquals(0, sketch.count(7));
    }

    @Test
    void saturatesInsteadOfWrapping() {
        AdmissionSketch bytes = new AdmissionSketch(1 << 20, 255, 1);
        assertEquals(200, bytes.add(7, 200));
        assertEquals(255, bytes.add(7, 200));
        AdmissionSketch shorts = new AdmissionSketch(1 << 20, 256, 1);
        assertEquals(60_000, shorts.add(7, 60_000));
        assertEquals(65_535, shorts.add(7, Integer.MAX_VALUE));
    }

    @Test
    void staysWithinItsMemory() {
        for (int bytes : new int[] {1 << 10, 1_500, 65_537, 1 << 22}) {
            for (int highest : new int[] {1, 255, 256}) {
                AdmissionSketch sketch = new AdmissionSketch(bytes, highest, 1);
                assertTrue(sketch.bytes() <= bytes, sketch.bytes() + " of " + bytes);
                assertTrue(sketch.bytes() > bytes - 100, sketch.bytes() + " of " + bytes);
            }
        }
        assertThrows(IllegalArgumentException.class, () -> new AdmissionSketch(1_000, 3, 1));
        assertThrows(IllegalArgumentException.class, () -> new AdmissionSketch(1 << 10, 65_536, 1));
    }

    @Test
    void aRestoredSketchGoesOnTheSame() {
        Random random = new Random(6);
        AdmissionSketch sketch = new AdmissionSketch(1 << 12, 300, 9);
        for (int i = 0; i < 300; i++) {
            sketch.add(zipf(random), 1);
        }
        AdmissionSketch restored = AdmissionSketch.fromBytes(sketch.toBytes());
        for (int i = 0; i < 1_000; i++) {
            long key = zipf(random);
            assertEquals(sketch.add(key, 1), restored.add(key, 1));
        }
    }

    static byte[] fossil(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(AdmissionSketchTest.class.getResourceAsStream(name))) {
            return in.readAllBytes();
        }
    }

    static AdmissionSketch asInTheFossil() {
        AdmissionSketch sketch = new AdmissionSketch(1 << 10, 3, 11);
        for (int key = 1; key <= 100; key++) {
            sketch.add(key, 1 + key % 5);
        }
        return sketch;
    }

    @Test
    void readsTheBytesOfVersion1() throws IOException {
        byte[] fossil = fossil("admission-sketch-v1.bin");
        assertArrayEquals(fossil, asInTheFossil().toBytes(), "a new form needs a new version");
        assertEquals(asInTheFossil().count(4), AdmissionSketch.fromBytes(fossil).count(4));
    }

    @Test
    void refusesOtherBytes() {
        byte[] good = asInTheFossil().toBytes();
        byte[] other = good.clone();
        other[0] = 9;
        assertThrows(IllegalArgumentException.class, () -> AdmissionSketch.fromBytes(other));
        for (int length : new int[] {0, 5, good.length - 1}) {
            assertThrows(IllegalArgumentException.class, () -> AdmissionSketch.fromBytes(Arrays.copyOf(good, length)));
        }
    }
}
