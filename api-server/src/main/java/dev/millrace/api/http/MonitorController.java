package dev.millrace.api.http;

import dev.millrace.api.desk.MonitorDesk;
import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.sse.Event;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The live numbers, once or one a second. Nothing here blocks: a snapshot is a few milliseconds of adding. */
@Access(Scope.ADMIN)
@Controller("/v1/monitor")
public class MonitorController {
    private static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final Pattern ID = Pattern.compile("\\d{1,18}");

    private final MonitorDesk desk;

    public MonitorController(MonitorDesk desk) {
        this.desk = desk;
    }

    @Get
    MonitorSnapshot get(@QueryValue @Nullable String model) {
        return desk.snapshot(desk.model(model));
    }

    /**
     * One model's frames, each with its id: those that are kept behind {@code Last-Event-ID}, or {@code after}, then one a
     * second. Without both the newest is the first.
     */
    @Get("/stream")
    @Produces(MediaType.TEXT_EVENT_STREAM)
    Publisher<Event<MonitorSnapshot>> stream(
            @QueryValue @Nullable String model,
            @QueryValue @Nullable String after,
            @Header(LAST_EVENT_ID) @Nullable String lastEventId) {
        String name = desk.model(model);
        Long seen = id(lastEventId == null ? after : lastEventId);
        desk.checkRoom();
        // Taken when somebody subscribes: nobody does for a HEAD, which would keep the place for ever.
        return Flux.using(desk::enter, place -> Flux.from(desk.frames(name, seen)), Semaphore::release)
                .map(frame -> Event.of(frame.snapshot()).id(Long.toString(frame.id())));
    }

    /** Null where it is none of ours: the stream begins as for somebody who has seen nothing. */
    private static @Nullable Long id(@Nullable String text) {
        return text != null && ID.matcher(text).matches() ? Long.valueOf(text) : null;
    }
}
