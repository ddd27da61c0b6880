package dev.millrace.api.alarm;

import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.ingest.chain.ChainBook;
import dev.millrace.ingest.chain.ChainStatus;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.version.VersionBook;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What alarms may ask for, by name: the monitor's numbers, the gate's, the comparison's. */
public final class AlarmNumbers {
    /** All that there are; one that says nothing of a model is not among its numbers. */
    static final List<String> NAMES = List.of(
            "auc",
            "calibration",
            "canaryBudgetLeft",
            "canaryBurnFast",
            "canaryBurnRate",
            "canaryBurnSlow",
            "canaryBurnSteady",
            "canaryP99Ms",
            "chainsFailed",
            "chainsRefused",
            "clickRate",
            "freshnessP50Ms",
            "freshnessP99Ms",
            "gateFrozen",
            "learningHeld",
            "learningLagMs",
            "logLoss",
            "normalizedEntropy",
            "parityDiffering",
            "predictionPsi",
            "rankP50Ms",
            "rankP99Ms",
            "ranksPerSecond",
            "ready",
            "samples",
            "samplesPerSecond",
            "version",
            "weightsAgeMs",
            "worstSlotPsi");

    private AlarmNumbers() {}

    /**
     * @param book of the model's versions; null where there are none
     * @param chains null where none run
     */
    public static Map<String, Double> of(
            MonitorSnapshot now, WeightServer weights, @Nullable VersionBook book, @Nullable ChainBook chains) {
        // Log loss, AUC, calibration of the last minute.
        Map<String, Double> numbers = new TreeMap<>();
        now.forAudit().forEach((name, value) -> put(numbers, name, value));
        put(numbers, "ready", now.ready() ? 1.0 : 0.0);
        put(numbers, "learningLagMs", now.learningLagMs());
        put(numbers, "weightsAgeMs", now.weightsAgeMs());
        put(numbers, "freshnessP50Ms", now.freshnessMs().p50());
        put(numbers, "freshnessP99Ms", now.freshnessMs().p99());
        put(numbers, "rankP50Ms", now.rankMs().p50());
        put(numbers, "rankP99Ms", now.rankMs().p99());
        put(numbers, "ranksPerSecond", now.rates().ranks());
        put(numbers, "samplesPerSecond", now.rates().samples());
        put(
                numbers,
                "parityDiffering",
                weights.parity().stream()
                        .mapToDouble((ShardParity shard) -> shard.differing().size())
                        .sum());
        if (now.freshnessObjective() != null) {
            put(numbers, "canaryP99Ms", now.freshnessObjective().hour().p99());
            put(numbers, "canaryBurnRate", now.freshnessObjective().hour().burnRate());
            put(numbers, "canaryBurnFast", now.freshnessObjective().burn().fast());
            put(numbers, "canaryBurnSlow", now.freshnessObjective().burn().slow());
            put(numbers, "canaryBurnSteady", now.freshnessObjective().burn().steady());
            put(numbers, "canaryBudgetLeft", now.freshnessObjective().day().budgetLeft());
        }
        if (now.windows() != null && now.windows().get("1m") != null) {
            put(numbers, "predictionPsi", now.windows().get("1m").predictionPsi());
            put(numbers, "worstSlotPsi", now.windows().get("1m").worstSlotPsi());
            put(numbers, "clickRate", now.windows().get("1m").clickRate());
        }
        if (book != null) {
            put(numbers, "gateFrozen", book.gate().getFrozen() ? 1.0 : 0.0);
            put(numbers, "learningHeld", book.directive().hold() ? 1.0 : 0.0);
        }
        if (chains != null) {
            put(numbers, "chainsFailed", (double) chains.lastEnded(now.model(), ChainStatus.FAILED));
            put(numbers, "chainsRefused", (double) chains.lastEnded(now.model(), ChainStatus.REFUSED));
        }
        return numbers;
    }

    private static void put(Map<String, Double> numbers, String name, @Nullable Number value) {
        if (!NAMES.contains(name)) {
            throw new IllegalStateException("alarms do not know the number " + name);
        }
        if (value != null) {
            numbers.put(name, value.doubleValue());
        }
    }
}
