package dev.millrace.api.events;

import org.jspecify.annotations.Nullable;

/**
 * One checked action as it was posted.
 *
 * @param id null when the client gave none
 * @param value magnitude; 1 when the client gave none
 * @param timeMs when it happened, milliseconds since the epoch
 */
public record NewEvent(@Nullable String id, String type, String requestId, String item, double value, long timeMs) {}
