package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.bulk.HeldOut;
import dev.millrace.learner.chain.ChainGate;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace measure}. */
@Command(
        name = "measure",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Measures a trained model on samples that it has not learned.",
        description = {
            "",
            "Each sample is scored, then learned, as it would go on if it served; nothing of that is kept. Beside it, on"
                    + " the same samples: the scores that served, where the samples come from the log, and another model.",
            ""
        })
final class MeasureCommand implements Callable<Integer> {
    private static final int SPLIT_BYTES = 256 << 10;

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Data folder that train left, or a folder of snapshots.")
    private Path model = Path.of("");

    @Option(names = "--against", paramLabel = "DIR", description = "Of another model of the same spec, the same.")
    @Nullable
    private Path against;

    @Mixin
    private SourceOptions source = new SourceOptions();

    @Mixin
    private ReportOption report = new ReportOption();

    @Override
    public Integer call() throws Exception {
        ModelSpec loaded = LoadedSpec.read(spec).spec();
        Path scratch = Files.createTempDirectory("millrace-measure");
        Logs.into(scratch);
        List<DataFiles> files = source.files(scratch);
        try (OrderlyStop stop = new OrderlyStop();
                Snapshot of = newest(model, loaded);
                Snapshot other = against == null ? null : newest(against, loaded)) {
            if (of == null) {
                throw new IllegalArgumentException("--model " + model + ": no trained model is there");
            }
            measure(loaded, of, other, source.sources(files, loaded, SPLIT_BYTES, System.currentTimeMillis()));
        } finally {
            files.forEach(DataFiles::close);
        }
        return 0;
    }

    private static @Nullable Snapshot newest(Path folder, ModelSpec spec) throws IOException {
        Path within = folder.resolve("models").resolve(spec.model()).resolve("snapshots");
        try (SnapshotStore store =
                SnapshotPlace.folder(Files.exists(within) ? within : folder).store(0, 1, 1)) {
            return store.newest().orElse(null);
        }
    }

    private void measure(ModelSpec loaded, Snapshot of, @Nullable Snapshot other, List<BulkSource> sources)
            throws IOException {
        HeldOut.Result result = HeldOut.measure(loaded, of, other, sources, bytes -> {});
        long samples = result.metrics().samples();
        Map<String, Double> numbers = Measured.of(result.metrics());
        numbers.putAll(Measured.of(result.heads()));
        say("%d samples", samples);
        numbers.forEach((name, value) -> say("%-20s %.6f", name, value));
        for (HeldOut.Paired paired : result.pairs()) {
            Measured.put(numbers, paired);
            say(
                    "loss against %s on %d samples: %.6f, %+.6f ± %.6f",
                    paired.with(), paired.samples(), paired.reference(), paired.above(), paired.error());
        }
        numbers.put(ChainGate.SAMPLES, (double) samples);
        numbers.put(ChainGate.MAX_WEIGHT, result.maxWeight());
        report.write(numbers, samples + " samples");
    }

    private static void say(String format, Object... args) {
        System.out.println("millrace: " + String.format(Locale.ROOT, format, args));
    }
}
