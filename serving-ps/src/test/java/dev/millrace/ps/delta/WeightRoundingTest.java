package dev.millrace.ps.delta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.WeightFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightRoundingTest {
    private static final int KEYS = 2_000;
    private static final float[] MAGNITUDES = {3.9f, 1f, 0.3f, 0.01f, 1e-3f, 3e-5f, 1e-6f, 1e-9f};

    /** Of one weight over many keys: each result is a neighbour, and their mean is the weight. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "Q2_13"})
    void isRightOnAverage(WeightFormat format) {
        Random random = new Random(7);
        WeightRounding rounding = new WeightRounding(format);
        double worst = 0;
        for (int i = 0; i < 200; i++) {
            float weight =
                    MAGNITUDES[i % MAGNITUDES.length] * (random.nextFloat() + 0.01f) * (random.nextBoolean() ? 1 : -1);
            double sum = 0;
            double squares = 0;
            for (int k = 0; k < KEYS; k++) {
                float rounded = rounding.round(random.nextLong(), weight);
                assertTrue(WeightRounding.fits(format, rounded), "carried exactly");
                sum += rounded - (double) weight;
                squares += Math.pow(rounded - (double) weight, 2);
            }
            double deviation = Math.sqrt(squares / KEYS);
            double step = step(format, weight);
            assertTrue(deviation <= step, () -> "off by " + deviation);
            // Of a weight far below a step, all may have gone to zero.
            worst = Math.max(worst, Math.abs(sum) / Math.sqrt(KEYS) / Math.max(deviation, step / Math.sqrt(KEYS)));
        }
        assertTrue(worst < 5, "standard errors: " + worst);
        assertEquals(0, rounding.saturated());
    }

    /** Also over weights that one key has in turn, and that hardly differ. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "Q2_13"})
    void isRightOnAverageOverTheLifeOfOneRow(WeightFormat format) {
        WeightRounding rounding = new WeightRounding(format);
        double bias = 0;
        float weight = 0.7f;
        for (int i = 0; i < 100_000; i++) {
            weight = Math.nextUp(weight);
            bias += rounding.round(42, weight) - (double) weight;
        }
        assertTrue(Math.abs(bias / 100_000) < 5 * step(format, weight) / Math.sqrt(100_000), "mean " + bias / 100_000);
    }

    private static double step(WeightFormat format, float weight) {
        return format == WeightFormat.Q2_13 ? 1.0 / 8192 : Math.max(Math.ulp(weight) * 8192.0, 0x1p-24);
    }

    @ParameterizedTest
    @EnumSource
    void isTheSameEachTimeAndChangesNothingThatFits(WeightFormat format) {
        Random random = new Random(8);
        for (int i = 0; i < 10_000; i++) {
            long key = random.nextLong();
            float weight = (float) random.nextGaussian();
            float rounded = new WeightRounding(format).round(key, weight);
            assertEquals(rounded, new WeightRounding(format).round(key, weight));
            assertEquals(rounded, new WeightRounding(format).round(~key, rounded));
        }
        assertTrue(Float.isNaN(new WeightRounding(format).round(1, Float.NaN)));
        assertEquals(0, Float.floatToRawIntBits(new WeightRounding(format).round(1, 0f)));
    }

    @Test
    void whatIsTooLargeSaturatesAndIsCounted() {
        WeightRounding q = new WeightRounding(WeightFormat.Q2_13);
        assertEquals(4 - 1f / 8192, q.round(1, 4f));
        assertEquals(-4 + 1f / 8192, q.round(1, -1e30f));
        assertEquals(4 - 1f / 8192, q.round(1, Math.nextUp(4 - 1f / 8192)));
        assertEquals(4 - 1f / 8192, q.round(1, 4 - 1f / 8192));
        assertEquals(3, q.saturated());
        WeightRounding half = new WeightRounding(WeightFormat.F16);
        assertEquals(65_504f, half.round(1, Float.POSITIVE_INFINITY));
        assertEquals(-65_504f, half.round(1, -65_505f));
        assertEquals(2, half.saturated());
        for (long key = 0; key < 1_000; key++) {
            assertTrue(Float.isFinite(half.round(key, 65_503f)));
        }
    }
}
