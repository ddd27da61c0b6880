package dev.millrace.api.http;

import dev.millrace.api.desk.WindowsDesk;
import dev.millrace.api.monitor.window.WindowView;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** Quality, outcomes and drift over 10 s to 7 d, of a model's traffic or a part of it. */
@Access(Scope.ADMIN)
@Controller("/v1/models/{model}/windows")
@ExecuteOn(TaskExecutors.BLOCKING)
public class WindowsController {
    private final WindowsDesk desk;

    public WindowsController(WindowsDesk desk) {
        this.desk = desk;
    }

    @Get
    WindowView get(
            String model,
            @QueryValue(defaultValue = WindowsDesk.LENGTH) String length,
            @QueryValue(defaultValue = WindowsDesk.OF) String of,
            @QueryValue(defaultValue = "false") boolean series) {
        return desk.view(model, length, of, series);
    }

    @Get("/parts")
    WindowsDesk.Parts parts(String model, @QueryValue(defaultValue = WindowsDesk.LENGTH) String length) {
        return desk.parts(model, length);
    }
}
