package dev.millrace.api.monitor;

import dev.millrace.api.canary.FreshnessObjective;
import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.monitor.window.WindowSummary;
import dev.millrace.ps.serve.StoreStats;
import io.micronaut.serde.annotation.Serdeable;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the live page shows of one model. Times in milliseconds; null where there is nothing yet.
 *
 * @param weightsAgeMs since the learner made the delta that serves
 * @param watermarkMs event time up to which the weights have learned
 * @param learningLagMs since then
 * @param baseline what needs no learner, beside the quality
 * @param heads quality of every head, by its name; empty: the model has none. {@code quality} is the first one's
 * @param traced actions whose way is known
 * @param freshnessObjective what the canaries say; null where none fly
 * @param windows of the whole traffic, by length; null where none are kept here
 */
@Serdeable
public record MonitorSnapshot(
        long timeMs,
        String model,
        long version,
        long samplesLearned,
        long rows,
        @Nullable Long weightsAgeMs,
        @Nullable Long watermarkMs,
        @Nullable Long learningLagMs,
        boolean ready,
        Rates rates,
        Qualities quality,
        Map<String, Qualities> heads,
        Baseline.View baseline,
        Store store,
        Quantiles rankMs,
        Freshness freshnessMs,
        Map<String, Long> outcomes,
        int traced,
        long heapUsedBytes,
        @Nullable Map<String, WindowSummary> windows,
        @Nullable FreshnessObjective freshnessObjective) {
    /** The numbers that stand in the audit of what was done to a model. */
    public Map<String, Double> forAudit() {
        Map<String, Double> metrics = new TreeMap<>();
        Quality recent = quality.recent();
        put(metrics, "logLoss", recent.logLoss());
        put(metrics, "auc", recent.auc());
        put(metrics, "normalizedEntropy", recent.normalizedEntropy());
        put(metrics, "calibration", recent.calibration());
        metrics.put("samples", (double) recent.samples());
        metrics.put("version", (double) version);
        return metrics;
    }

    private static void put(Map<String, Double> metrics, String name, @Nullable Double value) {
        if (value != null) {
            metrics.put(name, value);
        }
    }

    /** A second, over the last five. */
    @Serdeable
    public record Rates(double ranks, double candidates, double events, double samples) {}

    @Serdeable
    public record Qualities(Quality total, Quality recent) {}

    /**
     * The rows that serve; null where the weights are kept elsewhere.
     *
     * @param bytes of memory, empty places included
     * @param rowsInMemory the others are read from disk when a request needs them
     * @param removed that went since the start: expired, or made room at the learner
     * @param evicted from memory to disk since the start, to make room
     */
    @Serdeable
    public record Store(
            @Nullable Long bytes,
            @Nullable Long rowsInMemory,
            @Nullable Long removed,
            @Nullable Long evicted) {
        public static Store of(@Nullable StoreStats stats) {
            return stats == null
                    ? new Store(null, null, null, null)
                    : new Store(stats.bytes(), stats.rowsInMemory(), stats.removed(), stats.evicted());
        }
    }

    @Serdeable
    public record Quantiles(@Nullable Double p50, @Nullable Double p99) {}

    @Serdeable
    public record Freshness(@Nullable Double p50, @Nullable Double p99, Map<String, Quantiles> stages) {}
}
