package dev.millrace.ps.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfidenceSequenceTest {
    private static final long SEED = 21;

    /** Looked at after each observation, it never leaves out the mean in 95 % of the runs; and it gets narrow. */
    @ParameterizedTest
    @CsvSource({"0.02, 0, 1", "0.5, 0, 1", "0.3, -1, 1"})
    void holdsAtAllTimes(double rate, double low, double high) {
        int runs = 200;
        int missed = 0;
        double mean = low + rate * (high - low);
        for (int run = 0; run < runs; run++) {
            Random random = new Random(SEED + run);
            ConfidenceSequence sequence = new ConfidenceSequence(low, high, 0.05);
            boolean misses = false;
            for (int i = 0; i < 5_000; i++) {
                sequence.add(random.nextDouble() < rate ? high : low);
                misses |= sequence.lower() > mean || sequence.upper() < mean;
            }
            missed += misses ? 1 : 0;
            double sigma = (high - low) * Math.sqrt(rate * (1 - rate));
            double width = sequence.upper() - sequence.lower();
            assertTrue(width < 16 * sigma / Math.sqrt(5_000), "width " + width + ", seed " + SEED);
            assertTrue(sequence.lower() <= sequence.value() && sequence.value() <= sequence.upper());
        }
        assertTrue(missed <= runs * 0.05, missed + " of " + runs + ", seed " + SEED);
    }

    @Test
    void goesOnFromItsState() {
        Random random = new Random(SEED);
        ConfidenceSequence whole = new ConfidenceSequence(0, 1, 0.05);
        for (int i = 0; i < 100; i++) {
            whole.add(random.nextDouble() < 0.5 ? 1 : 0);
        }
        ConfidenceSequence after = new ConfidenceSequence(0, 1, 0.05);
        after.restore(whole.state());
        assertEquals(whole.lower(), after.lower());
        assertEquals(whole.upper(), after.upper());
        assertEquals(whole.count(), after.count());
    }
}
