package dev.millrace.api.http;

import dev.millrace.api.desk.MonitorDesk;
import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.sse.Event;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The live numbers, once or one a second. Nothing here blocks: a snapshot is a few milliseconds of adding. */
@Access(Scope.ADMIN)
@Controller("/v1/monitor")
public class MonitorController {
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final MonitorDesk desk;

    public MonitorController(MonitorDesk desk) {
        this.desk = desk;
    }

    @Get
    MonitorSnapshot get(@QueryValue @Nullable String model) {
        return desk.snapshot(desk.model(model));
    }

    /** One model's snapshots, the first at once. */
    @Get("/stream")
    @Produces(MediaType.TEXT_EVENT_STREAM)
    Publisher<Event<MonitorSnapshot>> stream(@QueryValue @Nullable String model) {
        String name = desk.model(model);
        desk.checkRoom();
        // Taken when somebody subscribes: nobody does for a HEAD, which would keep the place for ever.
        return Flux.using(desk::enter, place -> ticks(name), Semaphore::release);
    }

    private Flux<Event<MonitorSnapshot>> ticks(String model) {
        return Flux.interval(Duration.ZERO, PERIOD).onBackpressureDrop().map(tick -> Event.of(desk.snapshot(model)));
    }
}
