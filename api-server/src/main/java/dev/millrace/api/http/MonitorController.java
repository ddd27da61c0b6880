package dev.millrace.api.http;

import dev.millrace.api.desk.Models;
import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.api.monitor.Snapshots;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
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

    private final Models models;
    private final Snapshots snapshots;
    private final Semaphore streams;

    public MonitorController(Models models, Snapshots snapshots, StreamLimit limit) {
        this.models = models;
        this.snapshots = snapshots;
        this.streams = new Semaphore(limit.streams());
    }

    /** How many streams may be open at a time. */
    public record StreamLimit(int streams) {}

    @Get
    MonitorSnapshot get(@QueryValue @Nullable String model) {
        return snapshots.of(checked(model));
    }

    /** One model's snapshots, the first at once. */
    @Get("/stream")
    @Produces(MediaType.TEXT_EVENT_STREAM)
    Publisher<Event<MonitorSnapshot>> stream(@QueryValue @Nullable String model) {
        String name = checked(model);
        if (streams.availablePermits() == 0) {
            throw full();
        }
        // Taken when somebody subscribes: nobody does for a HEAD, which would keep the place for ever.
        return Flux.using(this::enter, place -> ticks(name), Semaphore::release);
    }

    private Semaphore enter() {
        if (!streams.tryAcquire()) {
            throw full();
        }
        return streams;
    }

    private static ProblemException full() {
        return new ProblemException(Problem.overload("too many monitor streams are open"));
    }

    private Flux<Event<MonitorSnapshot>> ticks(String model) {
        return Flux.interval(Duration.ZERO, PERIOD).onBackpressureDrop().map(tick -> Event.of(snapshots.of(model)));
    }

    private String checked(@Nullable String model) {
        if (model == null) {
            return models.first();
        }
        models.check(model);
        return model;
    }
}
