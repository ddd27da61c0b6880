package dev.millrace.api.monitor.window;

import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/**
 * The few numbers of a window that stand in every frame; null where undefined.
 *
 * @param worstSlot the slot whose values differ most from the reference
 */
@Serdeable
public record WindowSummary(
        long samples,
        @Nullable Double clickRate,
        @Nullable Double logLoss,
        @Nullable Double normalizedEntropy,
        @Nullable Double auc,
        @Nullable Double impressionAuc,
        @Nullable Double calibration,
        @Nullable Double predictionPsi,
        @Nullable String worstSlot,
        @Nullable Double worstSlotPsi) {}
