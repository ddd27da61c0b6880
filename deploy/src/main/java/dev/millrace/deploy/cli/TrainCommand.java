package dev.millrace.deploy.cli;

import dev.millrace.deploy.chain.StepReport;
import dev.millrace.deploy.embedded.DataFolder;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.bulk.BulkMetrics;
import dev.millrace.learner.bulk.BulkTrainer;
import dev.millrace.learner.bulk.HeldOut;
import dev.millrace.learner.bulk.LogCheck;
import dev.millrace.learner.bulk.TrainedModel;
import dev.millrace.learner.chain.ChainGate;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace train}. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Learns a model from files, and leaves a version that serve starts from.",
        description = {
            "",
            "Columns are attributes of the spec by their names (user.age, or age where that is clear). Every sample is"
                    + " scored before it is learned: the quality shown is of samples that were not seen before.",
            "",
            "Files of `millrace archive` know which records of the log they hold: the version includes these, and serve"
                    + " goes on behind them, no sample skipped or doubled. Other files are history from before the log.",
            ""
        })
final class TrainCommand implements Callable<Integer> {
    private static final int SPLIT_BYTES = 256 << 10;
    private static final int RECENT_IDS = 1 << 20;
    private static final int KEPT = 3;

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @Mixin
    private SourceOptions source = new SourceOptions();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Data folder that the version is left in, for serve --data. It must not be served meanwhile.")
    private Path out = Path.of("");

    @Option(
            names = "--any-order",
            description = "Each worker has files of its own first. Default: samples are learned in the files' order.")
    private boolean anyOrder;

    @Mixin
    private DeviceOption device = new DeviceOption();

    @Option(
            names = "--behind",
            paramLabel = "PARTITION=OFFSET",
            description = "The files have what the samples log had before this record: serve goes on there.")
    private Map<Integer, Long> behind = Map.of();

    @Mixin
    private ReportOption report = new ReportOption();

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        Logs.into(out);
        try (OrderlyStop stop = new OrderlyStop();
                DataFolder folder = DataFolder.open(out)) {
            folder.claim(loaded.spec());
            List<DataFiles> files = source.files(out.resolve("scratch"));
            try {
                train(loaded.spec(), folder, files);
            } finally {
                files.forEach(DataFiles::close);
            }
        }
        return 0;
    }

    private void train(ModelSpec model, DataFolder folder, List<DataFiles> files)
            throws IOException, InterruptedException {
        StepMaker steps = device.steps(model);
        long nowMs = System.currentTimeMillis();
        List<BulkSource> sources = source.sources(files, model, SPLIT_BYTES, nowMs);
        long startNs = System.nanoTime();
        ProgressBar bar = new ProgressBar(System.err, System.console() != null, startNs);
        var config = new BulkTrainer.Config(source.workers(), !anyOrder, RECENT_IDS);
        TrainedModel trained = new BulkTrainer(model, config, steps, (bytes, of, learned) -> {
                    long nowNs = System.nanoTime();
                    if (bar.isDue(nowNs)) {
                        bar.draw((double) bytes / of, text(learned.metrics(), nowNs - startNs), nowNs);
                    }
                })
                .train(sources);
        bar.end();
        double seconds = (System.nanoTime() - startNs) / 1e9;
        say("%s", text(trained.metrics(), (long) (seconds * 1e9)));
        BulkMetrics metrics = trained.metrics();
        say(
                "%d samples in %.2f s, %d rows; RMSE %.4f, calibration %.4f",
                metrics.samples(), seconds, trained.state().table().size(), metrics.rmse(), metrics.calibration());
        trained.heads().forEach((head, its) -> say("head %s: %s", head, quality(its)));
        long badRows = sources.stream().mapToLong(BulkSource::badRows).sum();
        if (badRows > 0) {
            say("%d rows left out, the first of them named in the log", badRows);
        }
        trained.goesOnBehind(behind);
        publish(model, folder, trained, nowMs);
        Map<String, Double> numbers = Measured.of(metrics);
        numbers.putAll(Measured.of(trained.heads()));
        numbers.put(StepReport.TRAINED, (double) metrics.samples());
        numbers.put("rows", (double) trained.state().table().size());
        numbers.put(
                ChainGate.MAX_WEIGHT, HeldOut.maxWeight(model, trained.state().table()));
        report.write(numbers, metrics.samples() + " samples in " + Math.round(seconds) + " s");
    }

    private void publish(ModelSpec model, DataFolder folder, TrainedModel trained, long nowMs)
            throws IOException, InterruptedException {
        TrainedModel.LogEnd end = TrainedModel.LogEnd.NONE;
        if (Files.exists(folder.kafka())) {
            try (EmbeddedBroker broker = EmbeddedBroker.start(folder.kafka())) {
                end = LogCheck.check(broker.bootstrapServers(), trained);
            }
        }
        Path snapshots = folder.snapshots(model.model());
        try (SnapshotStore store = SnapshotPlace.folder(snapshots).store(0, 1, KEPT)) {
            long version = trained.publish(store, end, nowMs);
            say("version %d of model %s in %s", version, model.model(), snapshots);
        }
        say("millrace serve --spec %s --data %s starts from it", spec, out);
    }

    private static String text(BulkMetrics metrics, long ns) {
        return String.format(
                Locale.ROOT,
                "%,d samples  %.0f/s  %s",
                metrics.samples(),
                metrics.samples() / (ns / 1e9),
                quality(metrics));
    }

    private static String quality(BulkMetrics metrics) {
        return Double.isNaN(metrics.logLoss())
                ? String.format(Locale.ROOT, "RMSE %.5f", metrics.rmse())
                : String.format(
                        Locale.ROOT,
                        "log loss %.5f  normalized entropy %.4f  AUC %.4f",
                        metrics.logLoss(),
                        metrics.normalizedEntropy(),
                        metrics.auc());
    }

    private static void say(String format, Object... args) {
        System.out.println("millrace: " + String.format(Locale.ROOT, format, args));
    }
}
