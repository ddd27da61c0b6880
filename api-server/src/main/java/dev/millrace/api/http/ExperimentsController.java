package dev.millrace.api.http;

import dev.millrace.api.arm.Experiments;
import dev.millrace.api.arm.Leaderboard;
import dev.millrace.api.bus.ModelBus.Asked;
import dev.millrace.api.bus.ModelBus.Effect;
import dev.millrace.api.desk.VersionsDesk;
import dev.millrace.api.desk.VersionsReader;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ingest.spec.KnownNames;
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
import io.micronaut.serde.annotation.Serdeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How models that answer for one name do, and which of them does. */
@Access(Scope.ADMIN)
@Controller("/v1/experiments")
@ExecuteOn(TaskExecutors.BLOCKING)
public class ExperimentsController {
    private static final int MAX_TEXT = 1_000;
    private static final int MAX_WHO = 128;
    private static final List<String> ROLES = Arrays.stream(Role.values())
            .map(r -> r.name().toLowerCase(Locale.ROOT))
            .toList();

    private final Experiments experiments;

    public ExperimentsController(Experiments experiments) {
        this.experiments = experiments;
    }

    @Serdeable
    record All(List<Leaderboard> experiments) {}

    /** An order for an arm, while it is read. */
    private static final class Order {
        private @Nullable Role role;
        private double share;
        private String who = "rest";
        private String why = "";
    }

    @Get
    All all() {
        return new All(experiments.all());
    }

    @Get("/{model}")
    HttpResponse<Leaderboard> get(String model) {
        Leaderboard board = experiments.of(model);
        return HttpResponse.ok(board).header(HttpHeaders.ETAG, "\"" + board.revision() + "\"");
    }

    /** What part an arm takes: {@code champion} answers, {@code challenger} answers some, {@code shadow} none. */
    @Put("/{model}/arms/{arm}")
    @Consumes(MediaType.APPLICATION_JSON)
    VersionsDesk.InEffect set(
            String model,
            String arm,
            @Body @Nullable byte[] body,
            @Header(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws InterruptedException {
        Order order = JsonIn.read(Bodies.orEmpty(body), ExperimentsController::order);
        Role role = java.util.Objects.requireNonNull(order.role);
        Asked asked = new Asked(order.who, order.why, VersionsReader.revision(ifMatch));
        Effect effect = experiments.set(model, arm, role, order.share, asked);
        return VersionsDesk.view(model, effect);
    }

    private static Order order(JsonIn in) throws IOException {
        Order order = new Order();
        in.object(List.of("role", "share", "who", "why"), name -> {
            switch (name) {
                case "role" -> order.role = role(in);
                case "share" -> order.share = share(in);
                case "who" -> order.who = in.text(1, MAX_WHO);
                default -> order.why = in.text(0, MAX_TEXT);
            }
        });
        if (order.role == null) {
            throw in.missing("role", "send one of " + String.join(", ", ROLES));
        }
        return order;
    }

    private static Role role(JsonIn in) throws IOException {
        String text = in.text(1, MAX_WHO);
        if (!ROLES.contains(text)) {
            throw in.invalid("is '" + text + "'", KnownNames.fix(text, ROLES));
        }
        return Role.valueOf(text.toUpperCase(Locale.ROOT));
    }

    private static double share(JsonIn in) throws IOException {
        double share = in.number();
        if (!(share > 0 && share < 1)) {
            throw in.invalid("is " + share, "send the part of the people, between 0 and 1");
        }
        return share;
    }
}
