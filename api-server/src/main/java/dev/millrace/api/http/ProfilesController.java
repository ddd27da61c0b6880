package dev.millrace.api.http;

import dev.millrace.api.desk.ImportAnswer;
import dev.millrace.api.desk.ProfileAnswer;
import dev.millrace.api.desk.ProfileDesk;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.io.ByteArrayInputStream;

/** What is stored of users and items. */
@Access(Scope.ADMIN)
@Controller("/v1")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ProfilesController {
    private static final String LINES = "application/x-ndjson";
    private static final String MERGE = "application/merge-patch+json";

    private final ProfileDesk desk;

    public ProfilesController(ProfileDesk desk) {
        this.desk = desk;
    }

    @Put("/users/" + PathId.ROUTE)
    @Status(HttpStatus.NO_CONTENT)
    @Produces(MediaType.ALL)
    @Consumes(MediaType.APPLICATION_JSON)
    void putUser(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        desk.put(Kind.USER, PathId.of(request), Bodies.json(body));
    }

    @Patch("/users/" + PathId.ROUTE)
    @Consumes({MediaType.APPLICATION_JSON, MERGE})
    ProfileAnswer patchUser(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        return desk.patch(Kind.USER, PathId.of(request), Bodies.json(body));
    }

    @Get("/users/" + PathId.ROUTE)
    ProfileAnswer getUser(HttpRequest<?> request) throws Exception {
        return desk.get(Kind.USER, PathId.of(request));
    }

    @Delete("/users/" + PathId.ROUTE)
    @Status(HttpStatus.NO_CONTENT)
    @Produces(MediaType.ALL)
    void deleteUser(HttpRequest<?> request) throws Exception {
        desk.delete(Kind.USER, PathId.of(request));
    }

    @Post("/users:import")
    @Consumes(LINES)
    ImportAnswer importUsers(@Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        return desk.load(Kind.USER, new ByteArrayInputStream(Bodies.orEmpty(body)));
    }

    @Put("/items/" + PathId.ROUTE)
    @Status(HttpStatus.NO_CONTENT)
    @Produces(MediaType.ALL)
    @Consumes(MediaType.APPLICATION_JSON)
    void putItem(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        desk.put(Kind.ITEM, PathId.of(request), Bodies.json(body));
    }

    @Patch("/items/" + PathId.ROUTE)
    @Consumes({MediaType.APPLICATION_JSON, MERGE})
    ProfileAnswer patchItem(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body)
            throws Exception {
        return desk.patch(Kind.ITEM, PathId.of(request), Bodies.json(body));
    }

    @Get("/items/" + PathId.ROUTE)
    ProfileAnswer getItem(HttpRequest<?> request) throws Exception {
        return desk.get(Kind.ITEM, PathId.of(request));
    }

    @Delete("/items/" + PathId.ROUTE)
    @Status(HttpStatus.NO_CONTENT)
    @Produces(MediaType.ALL)
    void deleteItem(HttpRequest<?> request) throws Exception {
        desk.delete(Kind.ITEM, PathId.of(request));
    }

    @Post("/items:import")
    @Consumes(LINES)
    ImportAnswer importItems(@Body @io.micronaut.core.annotation.Nullable byte[] body) throws Exception {
        return desk.load(Kind.ITEM, new ByteArrayInputStream(Bodies.orEmpty(body)));
    }
}
