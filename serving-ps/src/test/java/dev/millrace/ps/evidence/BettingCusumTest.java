package dev.millrace.ps.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BettingCusumTest {
    private static final long SEED = 11;

    /** The guarantee: 1/α observations between alarms on average, when the mean is all that the bound allows. */
    @ParameterizedTest
    @ValueSource(doubles = {0.02, 0.3, 0.9})
    void falseAlarmsAreAsRareAsPromised(double mean) {
        Random random = new Random(SEED);
        double alpha = 1e-3;
        int observations = 300_000;
        int alarms = 0;
        BettingCusum test = new BettingCusum();
        for (int i = 0; i < observations; i++) {
            test.add(random.nextDouble() < mean ? 1 : 0, mean, i);
            if (test.evidence() >= -Math.log(alpha)) {
                alarms++;
                test.reset();
            }
        }
        assertTrue(alarms <= observations * alpha, alarms + " alarms, seed " + SEED);
        assertTrue(alarms > 0, "one that never cries proves nothing");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.2, 0.5})
    void aRiseIsSeenSoonAndDatedWell(double mean) {
        Random random = new Random(SEED);
        BettingCusum test = new BettingCusum();
        int change = 20_000;
        int seen = -1;
        for (int i = 0; i < 30_000 && seen < 0; i++) {
            double now = i < change ? mean * 0.8 : Math.min(1, mean * 1.8);
            test.add(random.nextDouble() < now ? 1 : 0, mean, i);
            seen = test.evidence() >= -Math.log(1e-9) ? i : -1;
        }
        assertTrue(seen >= change && seen < change + 2_000, "seen at " + seen + ", seed " + SEED);
        assertEquals(change, test.since(), 300, "seed " + SEED);
    }
}
