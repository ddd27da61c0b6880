package dev.millrace.api.desk;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.rank.RankAnswer;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of each request of a batch, in their order. */
@Serdeable
public record RankBatch(List<Outcome> results) {
    public RankBatch {
        results = List.copyOf(results);
    }

    /**
     * One request's end, as it would have had alone.
     *
     * @param status HTTP's
     * @param answer where it was ranked
     * @param problem where it was not
     */
    @Serdeable
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Outcome(
            int status,
            @Nullable RankAnswer answer,
            @Nullable ProblemBody problem) {
        private static final int OK = 200;

        static Outcome of(RankAnswer answer) {
            return new Outcome(OK, answer, null);
        }

        static Outcome of(Problem problem) {
            return new Outcome(problem.status(), null, ProblemBody.of(problem));
        }
    }
}
