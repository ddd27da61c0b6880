package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.problem.Problem;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of the lines of an import.
 *
 * @param errors the first {@value #MAX_ERRORS} lines that were not stored
 */
@Serdeable
public record ImportAnswer(long stored, long failed, List<LineError> errors) {
    static final int MAX_ERRORS = 100;

    public ImportAnswer {
        errors = List.copyOf(errors);
    }

    /** @param line counted from 1, empty ones too */
    @Serdeable
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record LineError(
            long line,
            @Nullable String field,
            String detail,
            @Nullable String fix) {
        static LineError of(long line, Problem problem) {
            return new LineError(line, problem.field(), problem.detail(), problem.fix());
        }
    }
}
