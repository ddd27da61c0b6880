package dev.millrace.deploy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.load.client.RestClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace chain}. */
@Command(
        name = "chain",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(start | list | show | cancel)",
        header = "Batch chains of a running service: convert, train, evaluate, gate, publish.",
        subcommands = {
            ChainCommand.Start.class,
            ChainCommand.ListRuns.class,
            ChainCommand.Show.class,
            ChainCommand.Cancel.class
        })
final class ChainCommand {
    private static final String ROOT = "/v1/chains";

    private ChainCommand() {}

    /** What all of them have. */
    abstract static class Base extends SayingCommand {
        @Mixin
        protected CallOptions service = new CallOptions();

        protected void sayRun(JsonNode run) {
            say(
                    "%-40s  %-12s %-12s %-9s %-8s %s  %s",
                    run.path("run").asText(),
                    run.path("chain").asText(),
                    run.path("model").asText(),
                    run.path("status").asText(),
                    run.path("step").asText(),
                    time(run.path("orderedMs")),
                    run.path("detail").asText());
        }

        /** @return 0 when it is published, 1 when it ended otherwise */
        protected int sayWhole(JsonNode run) {
            sayRun(run);
            for (JsonNode t : run.path("tries")) {
                say(
                        "  %s  %-8s try %d  %-11s %7.1f s  %s",
                        time(t.path("beganMs")),
                        t.path("step").asText(),
                        t.path("attempt").asInt(),
                        t.path("outcome").asText().isEmpty()
                                ? "running"
                                : t.path("outcome").asText(),
                        t.path("endedMs").asLong() == 0
                                ? 0.0
                                : (t.path("endedMs").asLong()
                                                - t.path("beganMs").asLong())
                                        / 1e3,
                        t.path("detail").asText());
            }
            Map<String, Double> metrics = new TreeMap<>();
            run.path("metrics")
                    .properties()
                    .forEach(m -> metrics.put(m.getKey(), m.getValue().asDouble()));
            metrics.forEach((name, value) -> say("  %-24s %.6g", name, value));
            if (run.path("version").asLong() > 0) {
                say("  version %d", run.path("version").asLong());
            }
            return Set.of("failed", "refused", "cancelled")
                            .contains(run.path("status").asText())
                    ? 1
                    : 0;
        }
    }

    private static String time(JsonNode ms) {
        return Instant.ofEpochMilli(ms.asLong()).toString();
    }

    private static String who() {
        return Objects.requireNonNullElse(System.getProperty("user.name"), "command line");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            header = "Orders a run: from files that the service may read, or from what it has on its log.")
    static final class Start extends Base {
        @Option(
                names = "--data",
                paramLabel = "PLACE",
                description =
                        "A file or folder below import/ in the service's data folder, or of its configured sources."
                                + " May be given several times.")
        private List<String> data = List.of();

        @Option(names = "--format", paramLabel = "F", description = "As convert has it.")
        @Nullable
        private String format;

        @Option(names = "--label", paramLabel = "COLUMN", description = "As convert has it.")
        @Nullable
        private String label;

        @Option(names = "--head", paramLabel = "HEAD=COLUMN", description = "As convert has it.")
        private Map<String, String> heads = Map.of();

        @Option(names = "--weight", paramLabel = "COLUMN", description = "As convert has it.")
        @Nullable
        private String weight;

        @Option(names = "--time", paramLabel = "COLUMN", description = "As convert has it.")
        @Nullable
        private String time;

        @Option(names = "--request", paramLabel = "COLUMN", description = "As convert has it.")
        @Nullable
        private String request;

        @Option(names = "--bad-rows", paramLabel = "N", description = "As convert has it.")
        private long badRows;

        @Option(
                names = "--has-log",
                description =
                        "The files have what is on the log now: learning goes on behind it. Default: from where the"
                                + " log begins.")
        private boolean hasLog;

        @Option(names = "--from", paramLabel = "TIME", description = "Of the log: from then on, like \"7 days ago\".")
        @Nullable
        private String from;

        @Option(names = "--to", paramLabel = "TIME", description = "Of the log: until then. Default: now.")
        @Nullable
        private String to;

        @Option(names = "--model", paramLabel = "M", description = "Default: the service's only one.")
        @Nullable
        private String model;

        @Option(names = "--chain", paramLabel = "NAME", description = "What is run again and again under this name.")
        @Nullable
        private String chain;

        @Option(names = "--run", paramLabel = "NAME", description = "Names the run; the same again is that run.")
        @Nullable
        private String run;

        @Option(names = "--hold-out", paramLabel = "SHARE", description = "Last share of the data, to measure on.")
        @Nullable
        private Double holdOut;

        @Option(
                names = "--gate",
                paramLabel = "BOUND=N",
                description = "minSamples, minAuc, maxNormalizedEntropy, minCalibration, maxCalibration, maxRmse,"
                        + " maxLossAbove, maxWeight; 0: none. Default: the service's.")
        private Map<String, Double> gate = Map.of();

        @Option(
                names = "--publish",
                paramLabel = "ALIAS",
                description = "champion (the default), another alias, or none.")
        @Nullable
        private String publish;

        @Option(names = "--why", paramLabel = "TEXT", description = "Stands in the history.")
        private String why = "";

        @Option(names = "--wait", description = "Until it has ended; exit code 1 when it is not published.")
        private boolean wait;

        @Override
        public Integer call() throws IOException, InterruptedException {
            if (data.isEmpty() == (from == null && to == null)) {
                throw new IllegalArgumentException("give --data, or --from and --to for a stretch of the log");
            }
            try (RestClient client = service.open()) {
                JsonNode answer = client.send("POST", ROOT, body(), null);
                if (wait) {
                    answer = awaitEnd(client, answer.path("run").asText());
                }
                return sayWhole(answer);
            }
        }

        private static JsonNode awaitEnd(RestClient client, String run) throws IOException, InterruptedException {
            JsonNode now = client.get(ROOT + "/" + run);
            while (now.path("endedMs").asLong() == 0) {
                Thread.sleep(Duration.ofMillis(500));
                now = client.get(ROOT + "/" + run);
            }
            return now;
        }

        private Map<String, Object> body() {
            Map<String, Object> body = new HashMap<>();
            if (data.isEmpty()) {
                Map<String, Object> log = new HashMap<>();
                put(log, "from", from);
                put(log, "to", to);
                body.put("log", log);
            } else {
                Map<String, Object> files = new HashMap<>(Map.of("data", data, "badRows", badRows, "hasLog", hasLog));
                put(files, "format", format);
                put(files, "label", label);
                if (!heads.isEmpty()) {
                    files.put("heads", heads);
                }
                put(files, "weight", weight);
                put(files, "time", time);
                put(files, "request", request);
                body.put("files", files);
            }
            put(body, "model", model);
            put(body, "chain", chain);
            put(body, "run", run);
            put(body, "holdOut", holdOut);
            put(body, "publish", publish);
            if (!gate.isEmpty()) {
                body.put("gate", gate);
            }
            body.put("why", why);
            body.put("who", who());
            return body;
        }

        private static void put(Map<String, Object> to, String name, @Nullable Object value) {
            if (value != null) {
                to.put(name, value);
            }
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, header = "Lists runs, newest first.")
    static final class ListRuns extends Base {
        @Override
        public Integer call() throws IOException, InterruptedException {
            try (RestClient client = service.open()) {
                client.get(ROOT).path("runs").forEach(this::sayRun);
            }
            return 0;
        }
    }

    @Command(name = "show", mixinStandardHelpOptions = true, header = "Shows a run with every try of its steps.")
    static final class Show extends Base {
        @Parameters(paramLabel = "RUN")
        private String run = "";

        @Override
        public Integer call() throws IOException, InterruptedException {
            try (RestClient client = service.open()) {
                return sayWhole(client.get(ROOT + "/" + run));
            }
        }
    }

    @Command(
            name = "cancel",
            mixinStandardHelpOptions = true,
            header = "Ends a run; one that failed, or was refused, is no longer alarmed of.")
    static final class Cancel extends Base {
        @Parameters(paramLabel = "RUN")
        private String run = "";

        @Option(names = "--why", paramLabel = "TEXT", description = "Stands in the history.")
        private String why = "";

        @Override
        public Integer call() throws IOException, InterruptedException {
            try (RestClient client = service.open()) {
                sayRun(client.send("POST", ROOT + "/" + run + "/cancel", Map.of("who", who(), "why", why), null));
            }
            return 0;
        }
    }
}
