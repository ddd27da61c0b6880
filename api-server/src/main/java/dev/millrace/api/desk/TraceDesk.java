package dev.millrace.api.desk;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.TraceWaits;
import dev.millrace.ingest.id.SampleIds;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Tells where events are on their way. Safe for many threads. */
public final class TraceDesk {
    private final TraceWaits waits;

    public TraceDesk(TraceWaits waits) {
        this.waits = waits;
    }

    /**
     * @param until a stage's name; null: the last one
     * @param within how long to wait at most, like {@code 2s}; null: as long as may be, if a stage is named; else not
     */
    public TraceAnswer trace(String id, @Nullable String until, @Nullable String within) throws InterruptedException {
        boolean waiting = until != null || within != null;
        Status wanted = until == null ? Status.SERVED : Waiting.until(until);
        Duration longest = waiting ? Waiting.within(within, waits.longest()) : Duration.ZERO;
        return waits.await(SampleIds.ofAction(id), wanted, longest)
                .map(trace -> TraceAnswer.of(id, trace))
                .orElseThrow(() -> new ProblemException(Problem.notFound(
                        "id",
                        "no event '" + id + "' is known",
                        "ask for an event that was accepted lately, by the id of its 202 answer")));
    }
}
