package dev.millrace.api.canary;

import io.micronaut.serde.annotation.Serdeable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How well a model keeps its promise of freshness; counts begin with the process. Times in milliseconds, null where there
 * is nothing yet.
 *
 * @param objectiveMs the longest way that counts as good
 * @param target share of good ones that is promised
 * @param burn what alarms are raised by
 * @param lastMs the whole way of the last canary that came back
 * @param stages of that way: {@code accept} until the log had the action, {@code join}, {@code learn}, {@code serve}
 *     until its delta was applied, {@code read} until its score was read
 */
@Serdeable
public record FreshnessObjective(
        long objectiveMs,
        double target,
        Window hour,
        Window day,
        Burn burn,
        @Nullable Long lastMs,
        Map<String, Long> stages) {
    /**
     * How fast the budget is spent, as a multiple of what the target allows: each the lesser of a long window's rate and a
     * short one's, so that it rises when enough is spent and falls soon after (multi-window, multi-burn-rate alerts; Beyer et
     * al., The Site Reliability Workbook, 2018, chapter 5). What was before the server's start counts as good.
     *
     * @param fast of an hour and 5 minutes
     * @param slow of 6 hours and 30 minutes
     * @param steady of a day and 2 hours
     */
    @Serdeable
    public record Burn(double fast, double slow, double steady) {}

    /**
     * @param canaries that came back or are lost
     * @param lost of these, how many never came back
     * @param budgetLeft share of the late and lost ones that the target allows and that there were not yet; below 0: overspent
     * @param burnRate late and lost ones of those that flew, as a multiple of what the target allows
     */
    @Serdeable
    public record Window(
            long canaries,
            long good,
            long lost,
            @Nullable Double p50,
            @Nullable Double p99,
            @Nullable Double goodRatio,
            @Nullable Double budgetLeft,
            @Nullable Double burnRate) {}
}
