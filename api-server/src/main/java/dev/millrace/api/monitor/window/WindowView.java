package dev.millrace.api.monitor.window;

import dev.millrace.api.monitor.quality.Quality;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A window of a part of a model's traffic; null where something is undefined.
 *
 * @param of the part: {@code all}, or one of {@code parts}
 * @param clickRate observed positives a sample, by weight
 * @param reliability what was predicted and what came, over stretches of scores of about equal weight, ascending
 * @param outcomes what the join made of what was shown and done; of {@code all} only
 * @param drift of {@code all} only
 * @param series the window's buckets, oldest first, where they were asked for
 */
@Serdeable
public record WindowView(
        String model,
        String length,
        String of,
        long fromMs,
        long toMs,
        Partitions partitions,
        Quality quality,
        @Nullable Double clickRate,
        List<Band> reliability,
        Map<String, Long> outcomes,
        @Nullable Drift drift,
        Set<String> parts,
        @Nullable List<Point> series) {
    /** Of how many partitions of the log the sums are in it, here or as others committed them, and how many there are. */
    @Serdeable
    public record Partitions(int here, int all) {}

    @Serdeable
    public record Band(double predicted, double observed, double weight) {}

    /** @param reference the longer window that distributions are compared with */
    @Serdeable
    public record Drift(String reference, Prediction prediction, Map<String, SlotDrift> slots) {}

    /**
     * @param shown scores
     * @param psi population stability index over tenths of the reference; null where either has fewer than 100
     */
    @Serdeable
    public record Prediction(
            long shown, @Nullable Double mean, @Nullable Double psi) {}

    /**
     * @param looked items, or requests where the slot is of the request
     * @param nullRate share without the attribute
     * @param unknownRate share of the features that the weights make nothing of
     */
    @Serdeable
    public record SlotDrift(
            long looked,
            @Nullable Double nullRate,
            @Nullable Double unknownRate,
            @Nullable Double psi) {}

    @Serdeable
    public record Point(
            long fromMs,
            long samples,
            @Nullable Double clickRate,
            @Nullable Double logLoss,
            @Nullable Double normalizedEntropy,
            @Nullable Double auc,
            @Nullable Double impressionAuc,
            @Nullable Double calibration) {}
}
