package dev.millrace.api.http;

import dev.millrace.api.alarm.Alarm;
import dev.millrace.api.alarm.Alarms;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Put;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Duration;
import java.util.List;

/** What fires, what did, and quiet for a while. */
@Access(Scope.ADMIN)
@Controller("/v1/alarms")
@ExecuteOn(TaskExecutors.BLOCKING)
public class AlarmsController {
    private static final long WEEK_MS = Duration.ofDays(7).toMillis();

    private final Alarms alarms;

    public AlarmsController(Alarms alarms) {
        this.alarms = alarms;
    }

    /**
     * @param firing how many
     * @param alarms every rule of every model, those that fire first
     */
    @Serdeable
    record All(long firing, List<Alarm> alarms) {}

    /** @param changes newest first */
    @Serdeable
    record History(List<Alarm> changes) {}

    @Get
    All all() {
        List<Alarm> all = alarms.all();
        return new All(
                all.stream().filter(alarm -> alarm.state().equals("firing")).count(), all);
    }

    @Get("/history")
    History history() {
        return new History(alarms.history());
    }

    /** No webhook is told of it for {@code forMs}; 0 ends that. */
    @Put("/{name}/silence")
    @Consumes(MediaType.APPLICATION_JSON)
    All silence(String name, @Body @Nullable byte[] body) {
        long forMs = JsonIn.read(Bodies.orEmpty(body), in -> {
            long[] read = {-1};
            in.object(List.of("forMs"), key -> read[0] = in.wholeNumber(0, WEEK_MS));
            if (read[0] < 0) {
                throw in.missing("forMs", "send milliseconds, 0.." + WEEK_MS);
            }
            return read[0];
        });
        if (!alarms.silence(name, Duration.ofMillis(forMs))) {
            throw new ProblemException(
                    Problem.notFound("name", "there is no alarm '" + name + "'", "give one that GET /v1/alarms lists"));
        }
        return all();
    }
}
