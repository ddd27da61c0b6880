package dev.millrace.deploy.cli;

import dev.millrace.learner.bulk.BulkMetrics;
import dev.millrace.learner.bulk.HeldOut;
import dev.millrace.learner.chain.ChainGate;
import java.util.Map;
import java.util.TreeMap;

/** What was measured, under the names that the gate of chains knows. */
final class Measured {
    private Measured() {}

    /**
     * The same of every head, under {@code head.NAME.} and these; empty where a model has none.
     *
     * @param heads by name
     */
    static Map<String, Double> of(Map<String, BulkMetrics> heads) {
        Map<String, Double> numbers = new TreeMap<>();
        heads.forEach((head, metrics) -> {
            of(metrics).forEach((name, value) -> numbers.put("head." + head + "." + name, value));
            numbers.put("head." + head + "." + ChainGate.SAMPLES, (double) metrics.samples());
        });
        return numbers;
    }

    /** Of a model of values RMSE and calibration, of one of probabilities all but that. */
    static Map<String, Double> of(BulkMetrics metrics) {
        Map<String, Double> numbers = new TreeMap<>();
        numbers.put(ChainGate.CALIBRATION, metrics.calibration());
        if (Double.isNaN(metrics.logLoss())) {
            numbers.put(ChainGate.RMSE, metrics.rmse());
        } else {
            numbers.put(ChainGate.LOG_LOSS, metrics.logLoss());
            numbers.put(ChainGate.NORMALIZED_ENTROPY, metrics.normalizedEntropy());
            numbers.put(ChainGate.AUC, metrics.auc());
        }
        return numbers;
    }

    static void put(Map<String, Double> numbers, HeldOut.Paired paired) {
        numbers.put(ChainGate.lossOf(paired.with()), paired.reference());
        numbers.put(ChainGate.above(paired.with()), paired.above());
        numbers.put(ChainGate.error(paired.with()), paired.error());
    }
}
