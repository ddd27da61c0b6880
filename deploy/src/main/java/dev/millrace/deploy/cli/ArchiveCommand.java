package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.DataFolder;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.learner.bulk.LogArchive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
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

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        if (!out.toString().endsWith(".mrb")) {
            throw new IllegalArgumentException("--out " + out + ": must end with .mrb");
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
            return LogArchive.write(log.bootstrapServers, loaded.spec(), out);
        }
        Path data = java.util.Objects.requireNonNull(log.data);
        Logs.into(data);
        try (DataFolder folder = DataFolder.open(data);
                EmbeddedBroker broker = EmbeddedBroker.start(folder.kafka())) {
            return LogArchive.write(broker.bootstrapServers(), loaded.spec(), out);
        }
    }
}
