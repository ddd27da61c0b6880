package dev.millrace.api.http;

import dev.millrace.api.desk.CanaryDesk;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** Reads canaries back; the server itself does each second, and a probe elsewhere may. */
@Access(Scope.RANK)
@Controller("/v1/models/{model}/canaries")
@ExecuteOn(TaskExecutors.BLOCKING)
public class CanaryController {
    private final CanaryDesk desk;

    public CanaryController(CanaryDesk desk) {
        this.desk = desk;
    }

    @Get("/{number}")
    CanaryDesk.CanaryScore get(String model, long number) {
        return desk.score(model, number);
    }
}
