package dev.millrace.api.http;

import dev.millrace.api.desk.EventsDesk;
import dev.millrace.api.desk.IdempotencyKey;
import dev.millrace.api.desk.TraceAnswer;
import dev.millrace.api.desk.TraceDesk;
import dev.millrace.api.events.EventsAnswer;
import dev.millrace.api.events.EventsReader;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
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
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import org.jspecify.annotations.Nullable;

/** Accepting actions, and telling where they are on their way. */
@Access(Scope.RANK)
@Controller("/v1/events")
@ExecuteOn(TaskExecutors.BLOCKING)
public class EventsController {
    private final EventsReader reader;
    private final EventsDesk desk;
    private final TraceDesk traces;

    public EventsController(EventsReader reader, EventsDesk desk, TraceDesk traces) {
        this.reader = reader;
        this.desk = desk;
        this.traces = traces;
    }

    // One route for every media type: of two, neither is nearer to a request that names none.
    @Access(Scope.EVENTS_WRITE)
    @Post
    @Status(HttpStatus.ACCEPTED)
    @Consumes(MediaType.ALL)
    EventsAnswer post(
            @Header(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @Header(IdempotencyKey.HEADER) @Nullable String key,
            @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        EventsFormat format = EventsFormat.of(type);
        return desk.accept(() -> IdempotencyKey.named(format.read(reader, Bodies.orEmpty(body)), key));
    }

    @Get("/" + PathId.ROUTE)
    TraceAnswer trace(HttpRequest<?> request, @QueryValue @Nullable String until, @QueryValue @Nullable String within)
            throws InterruptedException {
        return traces.trace(PathId.of(request), until, within);
    }
}
