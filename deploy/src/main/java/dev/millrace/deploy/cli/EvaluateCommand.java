package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.DataFolder;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.deploy.evaluate.Estimate;
import dev.millrace.deploy.evaluate.LogStretch;
import dev.millrace.deploy.evaluate.LoggedRequest;
import dev.millrace.deploy.evaluate.PolicyEstimator;
import dev.millrace.deploy.evaluate.PolicyReport;
import dev.millrace.deploy.evaluate.RequestFile;
import dev.millrace.deploy.evaluate.TargetPolicy;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace evaluate}. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Estimates from the log what another ranking would have earned.",
        description = {
            "",
            "Reads the answers that explored ('explore' in the model's spec), with the probability of what was shown"
                    + " and what people did, and weighs them as another policy would have shown them: inverse"
                    + " propensity scoring, self-normalized, and doubly robust. An item earns its label.",
            ""
        })
final class EvaluateCommand implements Callable<Integer> {
    @Option(names = "--spec", paramLabel = "FILE", description = "The model spec, a YAML file; not with --requests.")
    @Nullable
    private Path spec;

    @ArgGroup(multiplicity = "1")
    private Source source = new Source();

    private static final class Source {
        @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT", description = "Kafka with the log.")
        @Nullable
        private String bootstrapServers;

        @Option(names = "--data", paramLabel = "DIR", description = "Data folder of serve, which must not run.")
        @Nullable
        private Path data;

        @Option(names = "--requests", paramLabel = "FILE", description = "What --save wrote.")
        @Nullable
        private Path requests;
    }

    @Option(
            names = "--from",
            paramLabel = "WHEN",
            description = "Only requests since then: 2026-11-22T08:00:00Z, or how long ago, like 2h.")
    @Nullable
    private String from;

    @Option(names = "--to", paramLabel = "WHEN", description = "Only requests before that.")
    @Nullable
    private String to;

    @Option(
            names = "--target",
            split = ",",
            paramLabel = "POLICY",
            defaultValue = "best,random",
            description =
                    "What is valued: best (first, by the logged scores), random, epsilon:PART, by:MODEL (best first by"
                            + " another arm's logged scores, of answers that showed all candidates). Default:"
                            + " ${DEFAULT-VALUE}.")
    private List<String> targets = List.of();

    @Option(names = "--save", paramLabel = "FILE", description = "Writes the requests too, one JSON object a line.")
    @Nullable
    private Path save;

    @Option(
            names = "--max-events",
            paramLabel = "N",
            defaultValue = "2000000",
            description = "Actions, and requests, that are kept in memory at most. Default: ${DEFAULT-VALUE}.")
    private int maxEvents;

    @Spec
    @Nullable
    private CommandSpec command;

    @Override
    public Integer call() throws Exception {
        Map<String, PolicyEstimator> estimators = new LinkedHashMap<>();
        for (String target : targets) {
            estimators.put(target, new PolicyEstimator(TargetPolicy.parse(target)));
        }
        PrintWriter out = Objects.requireNonNull(command).commandLine().getOut();
        long[] read = new long[1];
        Consumer<LoggedRequest> each = request -> {
            read[0]++;
            estimators.values().forEach(estimator -> estimator.add(request));
        };
        if (source.requests != null) {
            RequestFile.read(source.requests, each);
        } else {
            out.println(line(read(each)));
        }
        if (read[0] == 0) {
            out.println("nothing to estimate from: the model's spec must 'explore', and its reward window be over");
            out.flush();
            return 1;
        }
        boolean all = true;
        for (var target : estimators.entrySet()) {
            all &= print(out, target.getKey(), target.getValue());
        }
        out.flush();
        return all ? 0 : 1;
    }

    private LogStretch.Found read(Consumer<LoggedRequest> each) throws IOException {
        if (spec == null) {
            throw new IllegalArgumentException("--spec is missing: it says what actions are worth");
        }
        LoadedSpec loaded = LoadedSpec.read(spec);
        try (OrderlyStop stop = new OrderlyStop()) {
            if (save == null) {
                return read(loaded, each);
            }
            try (Writer saved = Files.newBufferedWriter(save)) {
                return read(loaded, each.andThen(RequestFile.writer(saved)));
            }
        }
    }

    private LogStretch.Found read(LoadedSpec loaded, Consumer<LoggedRequest> each) throws IOException {
        var range = new LogStretch.Range(when("--from", from, 0), when("--to", to, Long.MAX_VALUE));
        if (source.bootstrapServers != null) {
            return new LogStretch(source.bootstrapServers, loaded.spec(), range, maxEvents).read(each);
        }
        Path data = Objects.requireNonNull(source.data);
        Logs.into(data);
        try (DataFolder folder = DataFolder.open(data);
                EmbeddedBroker broker = EmbeddedBroker.start(folder.kafka())) {
            return new LogStretch(broker.bootstrapServers(), loaded.spec(), range, maxEvents).read(each);
        }
    }

    private static long when(String option, @Nullable String text, long otherwise) {
        if (text == null) {
            return otherwise;
        }
        if (Character.isDigit(text.charAt(0)) && !text.contains("T")) {
            return Clock.systemUTC().instant().minus(Durations.parse(text)).toEpochMilli();
        }
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(option + " '" + text + "': like 2026-11-22T08:00:00Z, or 2h", e);
        }
    }

    private static String line(LogStretch.Found found) {
        return String.format(
                Locale.ROOT,
                "%,d requests; left out: %,d that did not explore, %,d whose reward window is open, %,d repeated, %,d"
                        + " unreadable",
                found.requests(),
                found.certain(),
                found.open(),
                found.repeated(),
                found.unreadable());
    }

    /** @return whether there was anything to estimate from */
    private static boolean print(PrintWriter out, String target, PolicyEstimator estimator) {
        if (estimator.knows()) {
            print(out, target, estimator.report());
        } else {
            out.printf(
                    "target %s: no request to estimate from: its model must be an arm that looks on, and answers show all"
                            + " candidates (no lower limit, at most 100)%n",
                    target);
        }
        if (estimator.unknown() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  left out: %,d requests of which the log has not all of its scores%n",
                    estimator.unknown());
        }
        return estimator.knows();
    }

    private static void print(PrintWriter out, String target, PolicyReport report) {
        out.printf(
                Locale.ROOT, "target %s, from %,d requests, %,d places%n", target, report.requests(), report.places());
        print(out, "as it was shown", report.shown());
        print(out, "inverse propensity", report.ips());
        print(out, "self-normalized", report.selfNormalized());
        print(out, "doubly robust", report.doublyRobust());
        out.printf(
                Locale.ROOT,
                "  effective sample size %,.0f of %,d places; weights: mean %.4f ± %.4f, largest %.1f%n",
                report.effectivePlaces(),
                report.places(),
                report.meanWeight().value(),
                report.meanWeight().error(),
                report.largestWeight());
        if (report.isUncovered()) {
            out.println("  NOT COVERED: the mean weight is not 1, so the log lacks some of what the target shows");
        }
        if (report.hasFewPlaces()) {
            out.println("  TOO FEW: the effective sample size is below 100; take a longer stretch, or explore more");
        }
    }

    private static void print(PrintWriter out, String name, Estimate estimate) {
        out.printf(
                Locale.ROOT,
                "  %-20s %.5f a request, 95 %%: %.5f .. %.5f%n",
                name,
                estimate.value(),
                estimate.low(),
                estimate.high());
    }
}
