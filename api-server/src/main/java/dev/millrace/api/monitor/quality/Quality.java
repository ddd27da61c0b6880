package dev.millrace.api.monitor.quality;

import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/**
 * Quality of what was served; null where undefined (no samples, or one label only).
 *
 * @param aucError bound of the AUC's binning error
 * @param calibration predicted positives / observed positives
 * @param impressionAuc mean AUC of the requests that got both labels
 * @param impressions how many requests that were
 */
@Serdeable
public record Quality(
        long samples,
        long positives,
        @Nullable Double logLoss,
        @Nullable Double auc,
        @Nullable Double aucError,
        @Nullable Double normalizedEntropy,
        @Nullable Double calibration,
        @Nullable Double impressionAuc,
        long impressions) {
    public static @Nullable Double orNull(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
