package dev.millrace.learner.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.proto.ChainTerms;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChainGateTest {
    private static final Map<String, Double> GOOD = Map.of(
            "heldOutSamples", 1_000.0,
            "logLoss", 0.5,
            "auc", 0.8,
            "normalizedEntropy", 0.8,
            "calibration", 1.0,
            "maxWeight", 3.0);

    private static Map<String, Double> with(Map<String, Double> more) {
        Map<String, Double> all = new HashMap<>(GOOD);
        all.putAll(more);
        return all;
    }

    private static ChainTerms.Builder terms() {
        return ChainTerms.newBuilder();
    }

    @Test
    void everyBoundRefuses() {
        ChainTerms all = terms().setMinSamples(1_000)
                .setMinAuc(0.8)
                .setMaxNormalizedEntropy(0.8)
                .setMinCalibration(1)
                .setMaxCalibration(1)
                .setMaxWeight(3)
                .build();
        assertEquals(List.of(), ChainGate.refusals(GOOD, all));
        assertEquals(
                List.of("heldOutSamples is 999.0, below 1000.0"),
                ChainGate.refusals(with(Map.of("heldOutSamples", 999.0)), all));
        assertEquals(List.of("auc is 0.79, below 0.8"), ChainGate.refusals(with(Map.of("auc", 0.79)), all));
        assertEquals(
                List.of("normalizedEntropy is 0.81, above 0.8"),
                ChainGate.refusals(with(Map.of("normalizedEntropy", 0.81)), all));
        assertEquals(
                List.of("calibration is 0.9, below 1.0"), ChainGate.refusals(with(Map.of("calibration", 0.9)), all));
        assertEquals(
                List.of("calibration is 1.1, above 1.0"), ChainGate.refusals(with(Map.of("calibration", 1.1)), all));
        assertEquals(List.of("maxWeight is 4.0, above 3.0"), ChainGate.refusals(with(Map.of("maxWeight", 4.0)), all));
    }

    @Test
    void whatIsNoNumberOrWasNotMeasuredDoesNotPass() {
        ChainTerms weights = terms().setMaxWeight(1e4).build();
        assertEquals(
                List.of("maxWeight is NaN, above 10000.0"),
                ChainGate.refusals(with(Map.of("maxWeight", Double.NaN)), weights));
        assertEquals(
                List.of("maxWeight was not measured, and has the bound 10000.0"),
                ChainGate.refusals(Map.of("auc", 0.9), weights));
    }

    /** Few samples show nothing: they pass only where the interval as a whole lies within the margin. */
    @Test
    void noWorseThanAReferenceHasToBeShown() {
        ChainTerms margin = terms().setMaxLossAbove(0.02).build();
        assertEquals(List.of(), ChainGate.refusals(against("served", 0.005, 0.001), margin));
        assertEquals(List.of(), ChainGate.refusals(against("served", -0.1, 0.06), margin));
        assertEquals(
                1, ChainGate.refusals(against("served", 0.005, 0.01), margin).size(), "not shown");
        assertEquals(
                1, ChainGate.refusals(against("other", 0.02, 0.001), margin).size(), "worse");
        assertEquals(
                1, ChainGate.refusals(against("other", -1, Double.NaN), margin).size());
        assertEquals(List.of(), ChainGate.refusals(GOOD, margin), "nothing to compare with");
    }

    private static Map<String, Double> against(String reference, double above, double error) {
        return with(Map.of(
                ChainGate.lossOf(reference),
                0.5,
                ChainGate.above(reference),
                above,
                ChainGate.error(reference),
                error));
    }

    @Test
    void waitsDoubleUpToABound() {
        var config = new ChainWorker.Config(1, 6, Duration.ofSeconds(2), Duration.ofSeconds(10), 5);
        assertEquals(
                List.of(2L, 4L, 8L, 10L, 10L),
                IntStream.rangeClosed(1, 5)
                        .mapToObj(attempt -> config.wait(attempt).toSeconds())
                        .toList());
        assertThrows(
                IllegalArgumentException.class,
                () -> new ChainWorker.Config(0, 1, Duration.ofSeconds(1), Duration.ofSeconds(1), 1));
    }
}
