package dev.millrace.load.client;

import org.jspecify.annotations.Nullable;

/** An event's way to the serving weights; times are the server's, milliseconds since the epoch, null until reached. */
public record Trace(
        String id,
        TraceStatus status,
        @Nullable Long acceptedAt,
        @Nullable Long joinedAt,
        @Nullable Long learnedAt,
        @Nullable Long servedAt,
        @Nullable Long modelVersion) {}
