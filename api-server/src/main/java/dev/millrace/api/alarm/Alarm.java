package dev.millrace.api.alarm;

import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/**
 * A rule's state for one model.
 *
 * @param state {@code ok}, {@code waiting} (beyond its bound, not for long enough yet), {@code firing}
 * @param value of the number; null where there is none
 * @param sinceMs when the state began, milliseconds since the epoch
 * @param silencedUntilMs nobody is told before then; 0: everybody is
 */
@Serdeable
public record Alarm(
        String name,
        String model,
        String state,
        String severity,
        String when,
        String says,
        @Nullable Double value,
        long sinceMs,
        long silencedUntilMs) {}
