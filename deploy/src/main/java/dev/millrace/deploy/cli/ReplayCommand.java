package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.load.client.ClientException;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.Patience;
import dev.millrace.load.data.Dataset;
import dev.millrace.load.replay.Replay;
import dev.millrace.load.replay.ReplayOptions;
import dev.millrace.load.report.Report;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace replay}. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Plays recorded people through the public API and reports what they saw.",
        description = {
            "",
            "Each person waits, after an action, until the weights that serve have learned it, as somebody would who"
                    + " takes seconds to react. Starts an embedded service unless --url names a running one.",
            "",
            "  movielens  a MovieLens 100K folder: one movie a request; a rating >= 4 is a like",
            "  mind       a MIND folder: one impression a request; clicks are clicks",
            "  jsonl      a file of users, items, ranks and events in the API's own shapes",
            ""
        })
final class ReplayCommand implements Callable<Integer> {
    private static final Duration JOIN = Duration.ofMinutes(2);
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(5);

    @Parameters(index = "0", paramLabel = "movielens|mind|jsonl", description = "Kind of the recording.")
    private Dataset dataset = Dataset.JSONL;

    @Option(names = "--path", required = true, paramLabel = "P", description = "The recording, a folder or a file.")
    private Path path = Path.of("");

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "64",
            description = "People at a time. Default: ${DEFAULT-VALUE}.")
    private int users;

    @Option(names = "--limit", paramLabel = "K", description = "Play the first K requests only.")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--delay",
            paramLabel = "D",
            defaultValue = "0ms",
            description = "From an answer to the action. Default: ${DEFAULT-VALUE}.")
    private Duration delay = Duration.ZERO;

    @Option(names = "--report", paramLabel = "F", description = "Write the report to this file, as JSON.")
    @Nullable
    private Path report;

    @Option(
            names = "--predictions",
            paramLabel = "F",
            description = "Write what the client saw to this file, as CSV, one row an item.")
    @Nullable
    private Path predictions;

    @Option(
            names = "--spec",
            paramLabel = "FILE",
            description = "Model spec; needed for jsonl, else by default the shipped one. With --url it must be the one"
                    + " that runs there.")
    @Nullable
    private Path specFile;

    @Option(names = "--url", paramLabel = "URL", description = "A running service, instead of an embedded one.")
    @Nullable
    private URI url;

    @Mixin
    private DataOption data = new DataOption();

    @Spec
    private picocli.CommandLine.Model.@Nullable CommandSpec command;

    @Override
    public Integer call() throws IOException, InterruptedException, TimeoutException {
        LoadedSpec spec = spec();
        check(spec);
        if (url != null) {
            awaitAnswer(url, spec);
            return play(url, spec);
        }
        try (OrderlyStop stop = new OrderlyStop();
                DataOption folder = data) {
            Logs.into(folder.folder());
            System.err.println("Starting the service in " + folder.folder() + " ...");
            try (EmbeddedMillrace millrace = EmbeddedMillrace.start(folder.folder(), spec, 0, Clock.systemUTC())) {
                millrace.awaitJoin(JOIN);
                System.err.println("Live page: " + millrace.baseUri());
                return play(millrace.baseUri(), spec);
            }
        }
    }

    /** What can be known to be wrong before a service is started and people have played. */
    private void check(LoadedSpec spec) throws IOException {
        options(URI.create("http://127.0.0.1"), spec);
        if (!Files.isReadable(path)) {
            throw new IOException("--path " + path + ": " + (Files.exists(path) ? "cannot be read" : "no such file"));
        }
        for (Path file : Stream.of(report, predictions).filter(Objects::nonNull).toList()) {
            // Fails, with the path, where nothing can be written.
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
        }
    }

    private static void awaitAnswer(URI service, LoadedSpec spec) throws IOException, InterruptedException {
        try (MillraceClient client = new MillraceClient(service, Patience.of(FIRST_ANSWER))) {
            client.model(spec.spec().model());
        } catch (ClientException.Unavailable e) {
            throw new IOException("nothing answers at " + service + "; is the service running there?", e);
        }
    }

    private LoadedSpec spec() throws IOException {
        if (specFile != null) {
            return LoadedSpec.read(specFile);
        }
        if (dataset == Dataset.JSONL) {
            throw new ParameterException(
                    Objects.requireNonNull(command).commandLine(), "jsonl needs --spec FILE: whose model is it?");
        }
        return LoadedSpec.shipped(dataset.toString());
    }

    private int play(URI service, LoadedSpec spec) throws InterruptedException {
        Report found = Replay.run(options(service, spec));
        System.out.print(found.text());
        return found.exact() ? 0 : 1;
    }

    private ReplayOptions options(URI service, LoadedSpec spec) {
        return ReplayOptions.builder(service, spec.spec().model(), dataset, path)
                .users(users)
                .limit(limit)
                .delay(delay)
                .spec(spec.spec())
                .predictions(predictions)
                .report(report)
                .build();
    }
}
