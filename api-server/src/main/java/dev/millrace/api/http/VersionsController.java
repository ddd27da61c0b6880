package dev.millrace.api.http;

import dev.millrace.api.desk.VersionsDesk;
import dev.millrace.api.desk.VersionsDesk.Ask;
import dev.millrace.api.desk.VersionsDesk.Audit;
import dev.millrace.api.desk.VersionsDesk.Diff;
import dev.millrace.api.desk.VersionsDesk.InEffect;
import dev.millrace.api.desk.VersionsDesk.Version;
import dev.millrace.api.desk.VersionsDesk.Versions;
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
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.nio.charset.StandardCharsets;

/** Versions of a model: listed, named, compared, gone back to. What changes something takes {@code If-Match}. */
@Access(Scope.ADMIN)
@Controller("/v1/models/{model}")
@ExecuteOn(TaskExecutors.BLOCKING)
public class VersionsController {
    private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);

    private final VersionsDesk desk;

    public VersionsController(VersionsDesk desk) {
        this.desk = desk;
    }

    @Get("/versions")
    HttpResponse<Versions> list(String model) {
        Versions versions = desk.list(model);
        return tagged(versions, versions.revision());
    }

    @Get("/versions/{version}")
    HttpResponse<Version> get(String model, String version) {
        return tagged(desk.get(model, version), desk.revision(model));
    }

    @Get("/versions/{from}/diff/{to}")
    Diff diff(String model, String from, String to) {
        return desk.diff(model, from, to);
    }

    @Get("/audit")
    Audit audit(String model, @QueryValue(defaultValue = "100") int limit) {
        return desk.audit(model, limit);
    }

    @Post("/versions")
    @Consumes(MediaType.APPLICATION_JSON)
    HttpResponse<InEffect> make(
            String model, @Body @Nullable byte[] body, @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        return HttpResponse.accepted().body(desk.make(ask(model, body, ifMatch)));
    }

    @Put("/aliases/{alias}")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect promote(
            String model,
            String alias,
            @Body @Nullable byte[] body,
            @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        return desk.promote(ask(model, body, ifMatch), alias);
    }

    @Post("/rollback")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect rollback(String model, @Body @Nullable byte[] body, @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        return desk.rollback(ask(model, body, ifMatch));
    }

    @Put("/learning")
    @Consumes(MediaType.APPLICATION_JSON)
    InEffect learning(String model, @Body @Nullable byte[] body, @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        return desk.learning(ask(model, body, ifMatch));
    }

    /** No body asks for nothing in particular. */
    private static Ask ask(String model, byte @Nullable [] body, @Nullable String ifMatch) {
        byte[] whole = Bodies.orEmpty(body);
        return new Ask("rest", model, JsonIn.of(whole.length == 0 ? EMPTY : whole), VersionsReader.revision(ifMatch));
    }

    private static <T> HttpResponse<T> tagged(T body, long revision) {
        return HttpResponse.ok(body).header(HttpHeaders.ETAG, "\"" + revision + "\"");
    }
}
