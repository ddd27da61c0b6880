package dev.millrace.api.http;

import dev.millrace.api.arm.Leaderboard;
import dev.millrace.api.desk.ExperimentsDesk;
import dev.millrace.api.desk.VersionsDesk.Ask;
import dev.millrace.api.desk.VersionsDesk.InEffect;
import dev.millrace.api.desk.VersionsReader;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Put;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** How models that answer for one name do, and which of them does. */
@Access(Scope.ADMIN)
@Controller("/v1/experiments")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ExperimentsController {
    private final ExperimentsDesk desk;

    public ExperimentsController(ExperimentsDesk desk) {
        this.desk = desk;
    }

    @Get
    ExperimentsDesk.All all() {
        return desk.all();
    }

    @Get("/{model}")
    HttpResponse<Leaderboard> get(String model) {
        Leaderboard board = desk.get(model);
        return HttpResponse.ok(board).header(HttpHeaders.ETAG, "\"" + board.revision() + "\"");
    }

    @Put("/{model}/arms/{arm}")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect set(
            String model,
            String arm,
            @Body @Nullable byte[] body,
            @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        return desk.set(new Ask("rest", model, JsonIn.of(Bodies.orEmpty(body)), VersionsReader.revision(ifMatch)), arm);
    }
}
