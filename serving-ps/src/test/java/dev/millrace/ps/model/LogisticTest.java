package dev.millrace.ps.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogisticTest {
    private static final int SAMPLES = 200_000;
    private static final long SEED = 11;

    @Test
    void isWithinAFewUnitsInTheLastPlaceOfTheExactOne() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < SAMPLES; i++) {
            double z = (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-6, 4));
            double exact = 1 / (1 + StrictMath.exp(-Math.clamp(z, -700, 700)));
            assertEquals(exact, Logistic.sigmoid(z), exact * 5e-14, "z = " + z + ", seed " + SEED);
        }
    }

    @Test
    void endsAreZeroAndOneAndNothingIsHidden() {
        assertEquals(0.5, Logistic.sigmoid(0));
        assertEquals(1, Logistic.sigmoid(Double.POSITIVE_INFINITY));
        assertEquals(0f, (float) Logistic.sigmoid(Double.NEGATIVE_INFINITY));
        assertTrue(Double.isNaN(Logistic.sigmoid(Double.NaN)));
    }

    @Test
    void theKeepRateIsTakenOff() {
        // Odds of 1 : 1 where a tenth of the negatives is kept are 1 : 10 of all.
        assertEquals(0.5, Logistic.sigmoid(0, 1f));
        assertEquals(10 / 11.0, Logistic.sigmoid(0, 0.1f), 1e-7);
    }

    @Test
    void manyAtOnceHaveTheBitsOfEach() {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] ends = {0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 700.5f, -700.5f, 1e30f};
        for (int count = 0; count <= SAMPLES; count = 2 * count + 1) {
            float[] sums = new float[count + 1];
            for (int i = 0; i < sums.length; i++) {
                sums[i] = i % 5 == 0
                        ? ends[random.nextInt(ends.length)]
                        : (float) ((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-6, 4)));
            }
            float[] at = sums.clone();
            Logistic.sigmoids(at, count);
            for (int i = 0; i < count; i++) {
                assertEquals(
                        Float.floatToIntBits((float) Logistic.sigmoid(sums[i])),
                        Float.floatToIntBits(at[i]),
                        "σ(" + sums[i] + "), the " + i + ". of " + count + ", seed " + SEED);
            }
            assertEquals(sums[count], at[count], "what lies behind them");
        }
    }

    @Test
    void hasTheBitsThatItHadOnEveryMachine() {
        long digest = 0;
        for (int i = -4_000; i <= 4_000; i++) {
            digest = digest * 31 + Double.doubleToRawLongBits(Logistic.sigmoid(i / 100.0));
        }
        assertEquals(-7301433711155440696L, digest);
    }
}
