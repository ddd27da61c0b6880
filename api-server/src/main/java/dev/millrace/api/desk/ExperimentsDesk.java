package dev.millrace.api.desk;

import dev.millrace.api.arm.Experiments;
import dev.millrace.api.arm.Leaderboard;
import dev.millrace.api.bus.ModelBus.Asked;
import dev.millrace.api.desk.VersionsDesk.Ask;
import dev.millrace.api.desk.VersionsDesk.InEffect;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.spec.ArmSpec.Role;
import dev.millrace.ingest.spec.KnownNames;
import io.micronaut.serde.annotation.Serdeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How models that answer for one name do, and which of them does, as both doors tell and ask. Safe for many threads. */
public final class ExperimentsDesk {
    private static final int MAX_TEXT = 1_000;
    private static final int MAX_WHO = 128;
    private static final List<String> ROLES = Arrays.stream(Role.values())
            .map(r -> r.name().toLowerCase(Locale.ROOT))
            .toList();

    private final Experiments experiments;

    public ExperimentsDesk(Experiments experiments) {
        this.experiments = experiments;
    }

    @Serdeable
    public record All(List<Leaderboard> experiments) {}

    private record Order(Role role, double share, String who, String why) {}

    /** An order for an arm, while it is read. */
    private static final class Draft {
        private @Nullable Role role;
        private double share;
        private String who;
        private String why = "";

        Draft(String who) {
            this.who = who;
        }
    }

    public All all() {
        return new All(experiments.all());
    }

    public Leaderboard get(String model) {
        return experiments.of(model);
    }

    /** What part an arm takes: {@code champion} answers, {@code challenger} answers some, {@code shadow} none. */
    public InEffect set(Ask ask, String arm) throws InterruptedException {
        Order order = ask.body().read(in -> order(in, new Draft(ask.door())));
        Asked asked = new Asked(order.who(), order.why(), ask.expectedRevision());
        return VersionsDesk.view(ask.model(), experiments.set(ask.model(), arm, order.role(), order.share(), asked));
    }

    private static Order order(JsonIn in, Draft draft) throws IOException {
        in.object(List.of("role", "share", "who", "why"), name -> {
            switch (name) {
                case "role" -> draft.role = role(in);
                case "share" -> draft.share = share(in);
                case "who" -> draft.who = in.text(1, MAX_WHO);
                default -> draft.why = in.text(0, MAX_TEXT);
            }
        });
        if (draft.role == null) {
            throw in.missing("role", "send one of " + String.join(", ", ROLES));
        }
        return new Order(draft.role, draft.share, draft.who, draft.why);
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
