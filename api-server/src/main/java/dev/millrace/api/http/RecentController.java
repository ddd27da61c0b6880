package dev.millrace.api.http;

import dev.millrace.api.desk.RecentDesk;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** The last requests that were answered here, and what a model's rows take: what people have done is for admins. */
@Access(Scope.ADMIN)
@Controller("/v1/models/{model}")
@ExecuteOn(TaskExecutors.BLOCKING)
public class RecentController {
    private final RecentDesk desk;

    public RecentController(RecentDesk desk) {
        this.desk = desk;
    }

    @Get("/requests")
    RecentDesk.Lines newest(String model, @QueryValue(defaultValue = "20") int limit) {
        return desk.newest(model, limit);
    }

    @Get("/requests/" + PathId.ROUTE)
    RecentDesk.One one(HttpRequest<?> request, String model) {
        return desk.one(model, PathId.of(request));
    }

    @Get("/store")
    RecentDesk.Store store(String model) {
        return desk.store(model);
    }
}
