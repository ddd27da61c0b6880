package dev.millrace.deploy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.load.client.RestClient;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace models}. */
@Command(
        name = "models",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel =
                "(list | show | make | promote | leaderboard | rollback | hold | resume | diff | audit)",
        header = "Versions of a running service's models: lists, names, compares, goes back.",
        subcommands = {
            ModelsCommand.ListVersions.class,
            ModelsCommand.Show.class,
            ModelsCommand.Make.class,
            ModelsCommand.Promote.class,
            LeaderboardCommand.class,
            ModelsCommand.Rollback.class,
            ModelsCommand.Hold.class,
            ModelsCommand.Resume.class,
            ModelsCommand.Diff.class,
            ModelsCommand.Audit.class
        })
final class ModelsCommand {
    private ModelsCommand() {}

    /** Which service and which of its models. */
    static final class Where {
        @Mixin
        private CallOptions service = new CallOptions();

        @Option(names = "--model", paramLabel = "M", description = "The model. Default: the service's only one.")
        @Nullable
        private String model;

        @Option(
                names = "--if-match",
                paramLabel = "REVISION",
                description = "Only if nobody changed anything since this revision (of list).")
        @Nullable
        private String ifMatch;

        @Option(names = "--why", paramLabel = "TEXT", description = "Stands in the audit log.")
        private String why = "";

        /** A call of the API. */
        interface Call {
            JsonNode of(RestClient client, String root) throws IOException, InterruptedException;
        }

        JsonNode call(Call call) throws IOException, InterruptedException {
            try (RestClient client = service.open()) {
                return call.of(client, "/v1/models/" + model(client));
            }
        }

        /** Of the models that have arms: the named one's, or all. */
        List<JsonNode> experiments() throws IOException, InterruptedException {
            try (RestClient client = service.open()) {
                return experiments(client);
            }
        }

        private List<JsonNode> experiments(RestClient client) throws IOException, InterruptedException {
            List<JsonNode> boards = new ArrayList<>();
            client.get("/v1/experiments").path("experiments").forEach(boards::add);
            boards.removeIf(
                    board -> model != null && !board.path("model").asText().equals(model));
            return boards;
        }

        /** What part an arm takes in the family that it is of. */
        JsonNode changeArm(String arm, Map<String, Object> order) throws IOException, InterruptedException {
            try (RestClient client = service.open()) {
                List<JsonNode> boards = experiments(client);
                boards.removeIf(board -> !board.findValuesAsText("model").contains(arm));
                if (boards.isEmpty()) {
                    throw new IllegalArgumentException("no model has an arm '" + arm + "'; see models leaderboard");
                }
                String family = boards.getFirst().path("model").asText();
                return client.send("PUT", "/v1/experiments/" + family + "/arms/" + arm, signed(order), ifMatch);
            }
        }

        private Map<String, Object> signed(Map<String, Object> order) {
            Map<String, Object> body = new HashMap<>(order);
            body.put("why", why);
            body.put("who", Objects.requireNonNullElse(System.getProperty("user.name"), "command line"));
            return body;
        }

        JsonNode change(String method, String path, Map<String, Object> more) throws IOException, InterruptedException {
            Map<String, Object> body = signed(more);
            return call((client, root) -> client.send(method, root + path, body, ifMatch));
        }

        private String model(RestClient client) throws IOException, InterruptedException {
            if (model != null) {
                return model;
            }
            List<String> names = new ArrayList<>();
            client.get("/v1/models")
                    .path("models")
                    .forEach(m -> names.add(m.path("model").asText()));
            if (names.size() != 1) {
                throw new IllegalArgumentException("give --model, one of " + names);
            }
            return names.getFirst();
        }
    }

    /** What all of them have. */
    abstract static class Base extends SayingCommand {
        @Mixin
        protected Where where = new Where();

        /** @return 1 when it is not in effect */
        protected int effect(JsonNode answer) {
            if (!answer.path("inEffect").asBoolean()) {
                say(
                        "revision %d: %s",
                        answer.path("revision").asLong(), answer.path("detail").asText());
                return 1;
            }
            say(
                    "in effect after %d ms: sequence %d, %d rows changed (revision %d)",
                    answer.path("tookMs").asLong(),
                    answer.path("sequence").asLong(),
                    answer.path("rows").asLong(),
                    answer.path("revision").asLong());
            return 0;
        }
    }

    private static String time(JsonNode ms) {
        return Instant.ofEpochMilli(ms.asLong()).toString();
    }

    private static String names(JsonNode aliases) {
        List<String> names = new ArrayList<>();
        aliases.forEach(alias -> names.add(alias.asText()));
        return String.join(", ", names);
    }

    @Command(name = "list", mixinStandardHelpOptions = true, header = "Lists versions, newest first.")
    static final class ListVersions extends Base {
        @Override
        public Integer call() throws IOException, InterruptedException {
            JsonNode answer = where.call((client, root) -> client.get(root + "/versions"));
            say(
                    "model %s, revision %d, learning %s",
                    answer.path("model").asText(),
                    answer.path("revision").asLong(),
                    answer.path("learning").asText());
            for (JsonNode version : answer.path("versions")) {
                say(
                        "%6d  %s  %,12d samples  %,10d rows  %-8s %s",
                        version.path("version").asLong(),
                        time(version.path("madeMs")),
                        version.path("samples").asLong(),
                        version.path("rows").asLong(),
                        version.path("origin").asText(),
                        names(version.path("aliases")));
            }
            return 0;
        }
    }

    @Command(name = "show", mixinStandardHelpOptions = true, header = "Shows one version.")
    static final class Show extends Base {
        @Parameters(paramLabel = "VERSION", description = "Number or alias.")
        private String version = "";

        @Override
        public Integer call() throws IOException, InterruptedException {
            JsonNode answer = where.call((client, root) -> client.get(root + "/versions/" + version));
            say("%s", answer.toPrettyString());
            return 0;
        }
    }

    @Command(name = "make", mixinStandardHelpOptions = true, header = "Asks for a version of the weights as they are.")
    static final class Make extends Base {
        @Override
        public Integer call() throws IOException, InterruptedException {
            var unused = where.change("POST", "/versions", Map.of());
            say("asked for; it is listed within seconds");
            return 0;
        }
    }

    @Command(
            name = "promote",
            mixinStandardHelpOptions = true,
            header = "Makes an alias name a version; champion also takes the serving weights there.",
            description = {
                "",
                "With --to, says what part a model takes among those that answer for one name: champion answers,"
                        + " challenger answers some people, shadow scores what is shown, idle only learns.",
                ""
            })
    static final class Promote extends Base {
        @Parameters(index = "0", paramLabel = "VERSION|MODEL", description = "Number or alias; with --to a model.")
        private String what = "";

        @Parameters(index = "1", paramLabel = "ALIAS", defaultValue = "champion", description = "Default: champion.")
        private String alias = "";

        @Option(names = "--to", paramLabel = "ROLE", description = "champion, challenger, shadow or idle.")
        @Nullable
        private String role;

        @Option(
                names = "--share",
                paramLabel = "S",
                description = "Part of the people that a challenger gets. Default: as it was, or its spec says.")
        @Nullable
        private Double share;

        @Override
        public Integer call() throws IOException, InterruptedException {
            if (role == null) {
                return effect(where.change("PUT", "/aliases/" + alias, Map.of("version", what)));
            }
            Map<String, Object> order = new HashMap<>(Map.of("role", role));
            if (share != null) {
                order.put("share", share);
            }
            return effect(where.changeArm(what, order));
        }
    }

    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            header = "Takes the serving weights back; learning goes on from there.",
            description = {"", "What was learned since is learned again, but for the stretches of --without.", ""})
    static final class Rollback extends Base {
        @Option(
                names = "--to",
                required = true,
                paramLabel = "WHAT",
                description = "A version, an alias, or a time: \"20 minutes ago\", 2026-11-22T09:00:00Z.")
        private String to = "";

        @Option(
                names = "--without",
                paramLabel = "FROM..TO",
                description = "Do not learn what came between these times, like \"20 minutes ago..10 minutes ago\".")
        private List<String> without = List.of();

        @Option(names = "--hold", description = "Learning waits there, until resume.")
        private boolean hold;

        @Override
        public Integer call() throws IOException, InterruptedException {
            return effect(
                    where.change("POST", "/rollback", Map.of("to", to, "hold", hold, "without", stretches(without))));
        }
    }

    @Command(name = "hold", mixinStandardHelpOptions = true, header = "Learning waits where it stands.")
    static final class Hold extends Base {
        @Override
        public Integer call() throws IOException, InterruptedException {
            return effect(where.change("PUT", "/learning", Map.of("hold", true)));
        }
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, header = "Learning goes on.")
    static final class Resume extends Base {
        @Option(
                names = "--without",
                paramLabel = "FROM..TO",
                description = "Do not learn what came between these times.")
        private List<String> without = List.of();

        @Option(names = "--skip-suspect", description = "Do not learn what the gate suspects, once that is over.")
        private boolean skipSuspect;

        @Override
        public Integer call() throws IOException, InterruptedException {
            return effect(where.change(
                    "PUT",
                    "/learning",
                    Map.of("hold", false, "suspect", skipSuspect ? "skip" : "learn", "without", stretches(without))));
        }
    }

    private static List<Map<String, String>> stretches(List<String> without) {
        return without.stream()
                .map(stretch -> {
                    String[] ends = stretch.split("\\.\\.", -1);
                    if (ends.length != 2) {
                        throw new IllegalArgumentException("--without '" + stretch + "' is not FROM..TO");
                    }
                    return Map.of("from", ends[0].strip(), "to", ends[1].strip());
                })
                .toList();
    }

    @Command(name = "diff", mixinStandardHelpOptions = true, header = "Compares the weights of two versions.")
    static final class Diff extends Base {
        @Parameters(index = "0", paramLabel = "FROM", description = "Number or alias.")
        private String from = "";

        @Parameters(index = "1", paramLabel = "TO", description = "Number or alias.")
        private String to = "";

        @Override
        public Integer call() throws IOException, InterruptedException {
            JsonNode answer = where.call((client, root) -> client.get(root + "/versions/" + from + "/diff/" + to));
            say(
                    "%d to %d: %+d samples; %d rows added, %d removed, %d changed; distance %.4g",
                    answer.path("from").asLong(),
                    answer.path("to").asLong(),
                    answer.path("samples").asLong(),
                    answer.path("added").asLong(),
                    answer.path("removed").asLong(),
                    answer.path("changed").asLong(),
                    answer.path("distance").asDouble());
            answer.path("bySlot")
                    .properties()
                    .forEach(slot -> say(
                            "  %-24s %8d rows, distance %.4g, largest %.4g",
                            slot.getKey(),
                            slot.getValue().path("rows").asLong(),
                            slot.getValue().path("distance").asDouble(),
                            slot.getValue().path("largest").asDouble()));
            return 0;
        }
    }

    @Command(name = "audit", mixinStandardHelpOptions = true, header = "Who did what to the model, newest first.")
    static final class Audit extends Base {
        @Option(names = "--limit", paramLabel = "N", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.")
        private int limit;

        @Override
        public Integer call() throws IOException, InterruptedException {
            JsonNode answer = where.call((client, root) -> client.get(root + "/audit?limit=" + limit));
            for (JsonNode entry : answer.path("entries")) {
                say(
                        "%s  %-8s %-9s %s%s  %s",
                        time(entry.path("timeMs")),
                        entry.path("who").asText(),
                        entry.path("action").asText(),
                        entry.path("what").asText(),
                        entry.path("why").asText().isEmpty()
                                ? ""
                                : " (" + entry.path("why").asText() + ")",
                        entry.path("metrics"));
            }
            return 0;
        }
    }
}
