package dev.millrace.load.client;

import org.jspecify.annotations.Nullable;

/**
 * What a person did with one shown item.
 *
 * @param id made by the client, so that posting it again is a retry and no second event
 * @param time event time, milliseconds since the epoch; null: when the server receives it
 */
public record Event(
        String id,
        String type,
        String requestId,
        String item,
        @Nullable Double value,
        @Nullable Long time) {}
