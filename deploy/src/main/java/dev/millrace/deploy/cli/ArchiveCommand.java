package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.DataFolder;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.bulk.LogArchive;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.Stretch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace archive}. */
@Command(
        name = "archive",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Copies the samples that the log has now into a block file, for train.",
        description = {
            "",
            "The file names the records that it holds, so that what is learned from it goes on behind them.",
            ""
        })
final class ArchiveCommand implements Callable<Integer> {
    private static final Pattern STRETCH = Pattern.compile("(\\d{1,6}):(\\d{1,18})\\.\\.(\\d{1,18})");

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @ArgGroup(multiplicity = "1")
    private Log log = new Log();

    private static final class Log {
        @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT", description = "Kafka with the samples.")
        @Nullable
        private String bootstrapServers;

        @Option(names = "--data", paramLabel = "DIR", description = "Data folder of serve, which must not run.")
        @Nullable
        private Path data;
    }

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The block file, ending with .mrb.")
    private Path out = Path.of("");

    @Option(
            names = "--from",
            paramLabel = "MS",
            description = "Only what the join emitted from then on, in milliseconds since the epoch.")
    private long from = Long.MIN_VALUE;

    @Option(names = "--to", paramLabel = "MS", description = "Only what it emitted before.")
    private long to = Long.MAX_VALUE;

    @Option(
            names = "--without",
            paramLabel = "PARTITION:FROM..TO",
            description = "Leave records out, to TO without it. May be given several times.")
    private List<String> without = List.of();

    @Option(
            names = "--hold-out",
            paramLabel = "SHARE",
            description = "The last share of the records goes to another file, --held-out.")
    private double share;

    @Option(names = "--held-out", paramLabel = "FILE", description = "That file, ending with .mrb.")
    @Nullable
    private Path heldOut;

    @Mixin
    private ReportOption report = new ReportOption();

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        if (!out.toString().endsWith(".mrb")) {
            throw new IllegalArgumentException("--out " + out + ": must end with .mrb");
        }
        if ((heldOut == null) != (share == 0) || share < 0 || share >= 1) {
            throw new IllegalArgumentException("--hold-out and --held-out come together: a share below 1, and a file");
        }
        try (OrderlyStop stop = new OrderlyStop()) {
            LogArchive.Result result = archive(loaded);
            System.out.printf(
                    "millrace: %d samples of the log up to %s in %s, %d bytes; %d sent twice and %d of other specs left"
                            + " out%n",
                    result.samples(), result.offsets(), out, result.bytes(), result.duplicates(), result.refused());
        }
        return 0;
    }

    private LogArchive.Result archive(LoadedSpec loaded) throws IOException {
        if (log.bootstrapServers != null) {
            return write(log.bootstrapServers, loaded.spec());
        }
        Path data = java.util.Objects.requireNonNull(log.data);
        Logs.into(data);
        try (DataFolder folder = DataFolder.open(data);
                EmbeddedBroker broker = EmbeddedBroker.start(folder.kafka())) {
            return write(broker.bootstrapServers(), loaded.spec());
        }
    }

    private LogArchive.Result write(String bootstrapServers, ModelSpec spec) throws IOException {
        SampleTimes times = new SampleTimes(bootstrapServers, spec.model());
        Map<Integer, Long> first = from == Long.MIN_VALUE ? Map.of() : times.at(from);
        Map<Integer, Long> end = to == Long.MAX_VALUE ? Map.of() : times.at(to);
        LogArchive.Part part = new LogArchive.Part(first, end, stretches());
        if (heldOut == null) {
            return written(LogArchive.write(bootstrapServers, spec, part, out), 0);
        }
        Map<Integer, Long> cut = LogArchive.cut(bootstrapServers, spec, part, 1 - share);
        LogArchive.Result held =
                LogArchive.write(bootstrapServers, spec, new LogArchive.Part(cut, end, part.without()), heldOut);
        part = new LogArchive.Part(first, cut, part.without());
        return written(LogArchive.write(bootstrapServers, spec, part, out), held.samples());
    }

    private LogArchive.Result written(LogArchive.Result result, long held) throws IOException {
        report.write(
                Map.of("samples", (double) result.samples(), "heldOutSamples", (double) held),
                result.samples() + " samples of the log up to " + result.offsets() + ", " + held + " held out");
        return result;
    }

    private List<Stretch> stretches() {
        return without.stream()
                .map(text -> {
                    Matcher parts = STRETCH.matcher(text);
                    if (!parts.matches()) {
                        throw new IllegalArgumentException("--without '" + text + "' is not PARTITION:FROM..TO");
                    }
                    return new Stretch(
                            Integer.parseInt(parts.group(1)),
                            Long.parseLong(parts.group(2)),
                            Long.parseLong(parts.group(3)));
                })
                .toList();
    }
}
