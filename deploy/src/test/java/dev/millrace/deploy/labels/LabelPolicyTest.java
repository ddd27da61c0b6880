package dev.millrace.deploy.labels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.sample.SampleBlockBuilder;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clicks come with a mean delay of two seconds; the truth is {@link SimulatedLog#RATES}. */
class LabelPolicyTest {
    private static final long SEED = 20_261_122;
    private static final int REQUESTS = 100_000;
    private static final double DELAY_MS = 2_000;

    /** As one learns who does not know that negatives may be fake. */
    private static SampleBlockBuilder.Meta unweighed(SampleBlockBuilder.Meta m) {
        return changed(m, m.keepRate(), (byte) 0);
    }

    /** As one learns who does not know that negatives were left out. */
    private static SampleBlockBuilder.Meta uncorrected(SampleBlockBuilder.Meta m) {
        return changed(m, 1, m.flags());
    }

    private static SampleBlockBuilder.Meta changed(SampleBlockBuilder.Meta m, float keepRate, byte flags) {
        return new SampleBlockBuilder.Meta(
                m.sampleId(),
                m.requestHash(),
                m.actionHash(),
                m.label(),
                m.weight(),
                keepRate,
                m.servedScore(),
                m.modelVersion(),
                m.eventTimeMs(),
                flags);
    }

    private static SimulatedLog play(String window, String policies) {
        return play(window, policies, REQUESTS);
    }

    private static SimulatedLog play(String window, String policies, int requests) {
        return new SimulatedLog(window, policies, UnaryOperator.identity()).play(SEED, requests, DELAY_MS);
    }

    private static void assertTrueRates(SimulatedLog log) {
        for (int item = 0; item < SimulatedLog.RATES.length; item++) {
            double rate = SimulatedLog.RATES[item];
            assertEquals(1, log.answered(item) / rate, 0.1, "seed " + SEED + ", rate " + rate);
        }
        assertEquals(1, log.calibration(), 0.02, "seed " + SEED);
        assertEquals(0, log.requestsLeft(), "seed " + SEED);
    }

    @Test
    void aWindowThatIsLongEnoughIsUnbiased() {
        assertTrueRates(play("30s", "{absence: negative}"));
    }

    /** Of the clicks 1 − e^(−1/2) come within the second: 39 %. */
    @Test
    void aWindowThatIsTooShortIsBiasedAndCorrectionsMendIt() {
        assertEquals(0.39, play("1s", "{absence: negative}").calibration(), 0.02, "seed " + SEED);
        assertTrueRates(play("1s", "{absence: negative, late: correct, lateness: 30s}"));
    }

    /** Learned as they come, each positive has a negative before it: p/(1 + p) instead of p. */
    @Test
    void immediateNegativesAreBiasedWithoutTheirWeightsAndNotWithThem() {
        SimulatedLog naive = new SimulatedLog("30s", "{delay: immediate}", LabelPolicyTest::unweighed)
                .play(SEED, REQUESTS, DELAY_MS);
        for (int item = 0; item < SimulatedLog.RATES.length; item++) {
            double rate = SimulatedLog.RATES[item];
            assertEquals(rate / (1 + rate), naive.answered(item), 0.1 * rate, "seed " + SEED + ", rate " + rate);
        }
        assertTrue(naive.calibration() < 0.85, "seed " + SEED + ": " + naive.calibration());
        assertTrueRates(play("30s", "{delay: immediate}"));
    }

    @ParameterizedTest
    @CsvSource({"1, 100000", "0.1, 100000", "0.025, 400000"})
    void calibrationHoldsAtEveryKeepRate(double keepRate, int requests) {
        SimulatedLog log = play("30s", "{keepNegatives: " + keepRate + "}", requests);
        assertEquals(1, log.calibration(), 0.02, "seed " + SEED);
        double shown = 4.0 * requests;
        double rate = java.util.Arrays.stream(SimulatedLog.RATES).average().orElseThrow();
        double expected = shown * (rate + (1 - rate) * keepRate);
        assertEquals(expected, log.samples(), 0.02 * expected, "seed " + SEED);
    }

    /** The odds are those of the log: 1/r too high. */
    @ParameterizedTest
    @CsvSource({"0.1, 2.5", "0.025, 3.5"})
    void withoutTheCorrectionItDoesNotHold(double keepRate, double atLeast) {
        SimulatedLog naive = new SimulatedLog("30s", "{keepNegatives: " + keepRate + "}", LabelPolicyTest::uncorrected)
                .play(SEED, REQUESTS, DELAY_MS);
        assertTrue(naive.calibration() > atLeast, "seed " + SEED + ": " + naive.calibration());
    }

    @Test
    void samplingAndImmediateNegativesGoTogether() {
        SimulatedLog log = play("30s", "{delay: immediate, keepNegatives: 0.1}");
        assertEquals(1, log.calibration(), 0.02, "seed " + SEED);
    }
}
