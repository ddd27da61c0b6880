package dev.millrace.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.api.events.EventService;
import dev.millrace.api.events.EventsAnswer;
import dev.millrace.api.events.EventsReader;
import dev.millrace.api.monitor.Monitor;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.Trace;
import dev.millrace.api.trace.TraceWaits;
import dev.millrace.ingest.id.SampleIds;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Accepting actions, and telling where they are on their way. */
@Controller("/v1/events")
@ExecuteOn(TaskExecutors.BLOCKING)
public class EventsController {
    private final EventsReader reader;
    private final EventService service;
    private final TraceWaits waits;
    private final Monitor monitor;
    private final Gate gate;

    public EventsController(
            EventsReader reader, EventService service, TraceWaits waits, Monitor monitor, EventsGate gate) {
        this.reader = reader;
        this.service = service;
        this.waits = waits;
        this.monitor = monitor;
        this.gate = gate.gate();
    }

    /** Tells the gate of posts from other gates. */
    public record EventsGate(Gate gate) {}

    /** Times in milliseconds since the epoch; left out until reached. */
    @Serdeable
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TraceAnswer(
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

    // One route for every media type: of two, neither is nearer to a request that names none.
    @Post
    @io.micronaut.http.annotation.Status(HttpStatus.ACCEPTED)
    @Consumes(MediaType.ALL)
    EventsAnswer post(
            @Header(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        EventsFormat format = EventsFormat.of(type);
        return gate.pass(() -> {
            EventsAnswer answer = service.accept(format.read(reader, Bodies.orEmpty(body)));
            monitor.posted(answer.accepted(), answer.duplicates());
            return answer;
        });
    }

    @Get("/" + PathId.ROUTE)
    TraceAnswer trace(HttpRequest<?> request, @QueryValue @Nullable String until, @QueryValue @Nullable String within)
            throws InterruptedException {
        String id = PathId.of(request);
        boolean waits = until != null || within != null;
        Status wanted = until == null ? Status.SERVED : Waiting.until(until);
        Duration longest = waits ? Waiting.within(within, this.waits.longest()) : Duration.ZERO;
        return this.waits
                .await(SampleIds.ofAction(id), wanted, longest)
                .map(trace -> TraceAnswer.of(id, trace))
                .orElseThrow(() -> new ProblemException(Problem.notFound(
                        "id",
                        "no event '" + id + "' is known",
                        "ask for an event that was accepted lately, by the id of its 202 answer")));
    }
}
