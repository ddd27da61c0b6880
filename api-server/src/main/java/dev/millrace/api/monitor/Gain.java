package dev.millrace.api.monitor;

import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/**
 * How much less the served scores were surprised than the baseline.
 *
 * @param requests whose labels have come
 * @param gain 1 − log loss / the baseline's; null before there is something to compare
 * @param low the gain's 95 % interval, requests being independent of each other (not so the items of one)
 * @param auc the baseline's
 */
@Serdeable
public record Gain(
        long requests,
        @Nullable Double gain,
        @Nullable Double low,
        @Nullable Double high,
        @Nullable Double auc) {}
