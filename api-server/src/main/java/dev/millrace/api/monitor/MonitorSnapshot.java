package dev.millrace.api.monitor;

import io.micronaut.serde.annotation.Serdeable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the live page shows of one model. Times in milliseconds; null where there is nothing yet.
 *
 * @param weightsAgeMs since the learner made the delta that serves
 * @param watermarkMs event time up to which the weights have learned
 * @param learningLagMs since then
 * @param traced actions whose way is known
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
        Quantiles rankMs,
        Freshness freshnessMs,
        Map<String, Long> outcomes,
        int traced,
        long heapUsedBytes) {
    /** A second, over the last five. */
    @Serdeable
    public record Rates(double ranks, double candidates, double events, double samples) {}

    @Serdeable
    public record Qualities(Quality total, Quality recent) {}

    @Serdeable
    public record Quantiles(@Nullable Double p50, @Nullable Double p99) {}

    @Serdeable
    public record Freshness(@Nullable Double p50, @Nullable Double p99, Map<String, Quantiles> stages) {}
}
