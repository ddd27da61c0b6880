package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.trace.Trace;
import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/** Times in milliseconds since the epoch; left out until reached. */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TraceAnswer(
        String id,
        String status,
        @Nullable Long acceptedAt,
        @Nullable Long joinedAt,
        @Nullable Long learnedAt,
        @Nullable Long servedAt,
        @Nullable Long modelVersion) {
    static TraceAnswer of(String id, Trace trace) {
        return new TraceAnswer(
                id,
                trace.status().label(),
                orNull(trace.acceptedMs()),
                orNull(trace.joinedMs()),
                orNull(trace.learnedMs()),
                orNull(trace.servedMs()),
                orNull(trace.version()));
    }

    private static @Nullable Long orNull(long reached) {
        return reached == 0 ? null : reached;
    }
}
