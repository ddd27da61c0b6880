package dev.millrace.ps.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BettingTestTest {
    private static final long SEED = 5;
    private static final double ALPHA = 0.05;

    /** Looked at after each of 5,000 differences, of a heavy tail: at most α of the runs ever cry. */
    @Test
    void withoutADifferenceItCriesAtMostAsOftenAsPromised() {
        int runs = 400;
        int cried = 0;
        for (int run = 0; run < runs; run++) {
            cried += firstCry(new Random(SEED + run), 0, 5_000) >= 0 ? 1 : 0;
        }
        assertTrue(cried <= runs * ALPHA, cried + " of " + runs + ", seed " + SEED);
        assertTrue(cried > 0, "one that never cries proves nothing");
    }

    @Test
    void aDifferenceOfATwentiethOfTheSpreadIsSeen() {
        for (int run = 0; run < 20; run++) {
            int at = firstCry(new Random(SEED + run), 0.01, 20_000);
            assertTrue(at >= 0, "run " + run + ", seed " + SEED);
        }
    }

    @Test
    void goesOnFromItsState() {
        Random random = new Random(SEED);
        BettingTest whole = new BettingTest(1);
        BettingTest before = new BettingTest(1);
        for (int i = 0; i < 500; i++) {
            double difference = 0.05 + random.nextGaussian();
            whole.add(difference);
            before.add(difference);
            if (i == 250) {
                BettingTest after = new BettingTest(1);
                after.restore(before.state());
                before = after;
            }
        }
        assertEquals(whole.evidence(), before.evidence());
    }

    private static int firstCry(Random random, double shift, int observations) {
        BettingTest test = new BettingTest(1);
        for (int i = 0; i < observations; i++) {
            double spread = random.nextInt(20) == 0 ? 0.6 : 0.15;
            test.add(shift + spread * random.nextGaussian());
            if (test.evidence() >= -Math.log(ALPHA)) {
                return i;
            }
        }
        return -1;
    }
}
