package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.problem.Problem;
import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/** A problem as a part of an answer. */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProblemBody(
        String type,
        String title,
        int status,
        String detail,
        @Nullable String field,
        @Nullable String fix,
        @Nullable String requestId,
        @Nullable String instance) {
    public static ProblemBody of(Problem problem) {
        return new ProblemBody(
                problem.type(),
                problem.title(),
                problem.status(),
                problem.detail(),
                problem.field(),
                problem.fix(),
                problem.requestId(),
                problem.instance());
    }
}
