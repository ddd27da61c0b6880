package dev.millrace.deploy.chain;

import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.chain.ChainStep;
import dev.millrace.ingest.proto.ChainFiles;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainStretch;
import dev.millrace.ingest.source.SourceFormat;
import dev.millrace.learner.chain.ChainGate;
import dev.millrace.learner.chain.ChainSteps;
import dev.millrace.learner.chain.Publication;
import dev.millrace.learner.training.Course;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.version.ModelVersion;
import dev.millrace.ps.version.SampleTimes;
import dev.millrace.ps.version.Stretch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The steps by the commands that people have: {@code convert} or {@code archive}, {@code train}, {@code measure}. A run has a
 * folder:
 *
 * <pre>
 *  chains/RUN/spec.yml          the model's, as it served when the step began
 *  chains/RUN/data/N/           block files of its sources; of the log one, and beside it held-out/
 *  chains/RUN/model/            the data folder that train leaves
 *  chains/RUN/STEP.json, .out   what it found, what it said; these stay
 * </pre>
 */
public final class ProcessSteps implements ChainSteps {
    /**
     * Whose weights are made.
     *
     * @param spec YAML
     * @param snapshots of its learner
     */
    public record Model(String spec, SnapshotPlace snapshots) {}

    private final ChainSettings settings;
    private final Path chains;
    private final Model model;
    private final String bootstrapServers;
    private final Publication publication;

    /** @param publication of the model */
    public ProcessSteps(
            ChainSettings settings, Path chains, Model model, String bootstrapServers, Publication publication) {
        this.settings = settings;
        this.chains = chains;
        this.model = model;
        this.bootstrapServers = bootstrapServers;
        this.publication = publication;
    }

    @Override
    public Outcome run(ChainStep step, ChainRun run) throws IOException, InterruptedException, RefusedException {
        Files.createDirectories(home(run));
        Files.writeString(home(run).resolve("spec.yml"), model.spec());
        return switch (step) {
            case CONVERT -> convert(run);
            case TRAIN -> train(run);
            case EVALUATE -> evaluate(run);
            case GATE -> gate(run);
            case PUBLISH -> publish(run);
        };
    }

    private Outcome convert(ChainRun run) throws IOException, InterruptedException {
        delete(data(run));
        Files.createDirectories(data(run));
        ChainOrder order = run.order();
        if (order.hasLog()) {
            return archive(run, order.getLog());
        }
        ChainFiles files = order.getFiles();
        if (areBlocks(files)) {
            return Outcome.of("the files hold blocks already");
        }
        double samples = 0;
        for (int i = 0; i < files.getPlacesCount(); i++) {
            List<String> arguments = new ArrayList<>(List.of("convert", "--spec", spec(run), "--data"));
            arguments.add(files.getPlaces(i));
            arguments.addAll(columns(files));
            arguments.addAll(
                    List.of("--out", data(run).resolve(Integer.toString(i)).toString()));
            samples += child(run, ChainStep.CONVERT, arguments).numbers().getOrDefault("samples", 0.0);
        }
        return new Outcome(Map.of("samples", samples), 0, "%.0f samples".formatted(samples));
    }

    private Outcome archive(ChainRun run, ChainStretch log) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(
                List.of("archive", "--spec", spec(run), "--bootstrap-servers", bootstrapServers, "--out"));
        arguments.add(data(run).resolve("log.mrb").toString());
        arguments.addAll(List.of("--from", Long.toString(log.getFromMs()), "--to", Long.toString(log.getToMs())));
        if (run.order().getHoldOut() > 0) {
            Files.createDirectories(heldOut(run));
            arguments.addAll(List.of("--hold-out", Double.toString(run.order().getHoldOut()), "--held-out"));
            arguments.add(heldOut(run).resolve("log.mrb").toString());
        }
        for (Stretch left : leftOut()) {
            arguments.add("--without");
            arguments.add(left.partition() + ":" + left.from() + ".." + left.to());
        }
        return outcome(child(run, ChainStep.CONVERT, arguments));
    }

    /** What learning was told not to learn. */
    private List<Stretch> leftOut() throws IOException {
        try (SnapshotStore store = model.snapshots().store(0, 1, 1);
                Snapshot newest = store.newest().orElse(null)) {
            return newest == null ? List.of() : Course.of(newest.extras()).without();
        }
    }

    private Outcome train(ChainRun run) throws IOException, InterruptedException {
        delete(model(run));
        List<String> arguments = new ArrayList<>(List.of("train", "--spec", spec(run)));
        arguments.addAll(sources(run));
        arguments.addAll(List.of("--out", model(run).toString()));
        arguments.addAll(List.of("--workers", Integer.toString(settings.share().cores())));
        ChainOrder order = run.order();
        if (order.hasFiles() && order.getHoldOut() > 0) {
            arguments.addAll(List.of("--part", "0.." + (1 - order.getHoldOut())));
        }
        if (order.hasFiles() && order.getFiles().getHasLog()) {
            new SampleTimes(bootstrapServers, order.getModel())
                    .at(order.getTimeMs())
                    .forEach((partition, next) -> arguments.addAll(List.of("--behind", partition + "=" + next)));
        }
        return outcome(child(run, ChainStep.TRAIN, arguments));
    }

    private Outcome evaluate(ChainRun run) throws IOException, InterruptedException {
        ChainOrder order = run.order();
        if (order.getHoldOut() == 0) {
            double trained = run.state().getMetricsMap().getOrDefault(StepReport.TRAINED, 0.0);
            String says = "nothing is held out: what was measured while it was trained counts";
            return new Outcome(Map.of(ChainGate.SAMPLES, trained), 0, says);
        }
        List<String> arguments = new ArrayList<>(List.of("measure", "--spec", spec(run)));
        arguments.addAll(List.of("--model", model(run).toString()));
        if (order.hasLog()) {
            // The scores that served are on the log, by weights that had not learned these samples; what serves now
            // has.
            arguments.addAll(List.of("--data", heldOut(run).toString()));
        } else {
            arguments.addAll(sources(run));
            arguments.addAll(List.of("--part", (1 - order.getHoldOut()) + "..1"));
            arguments.addAll(List.of("--against", serving(run).toString()));
        }
        return outcome(child(run, ChainStep.EVALUATE, arguments));
    }

    /** A copy of the weights that serve, which a step can read wherever they are. */
    private Path serving(ChainRun run) throws IOException {
        Path copy = data(run).resolve("serving");
        delete(copy);
        try (SnapshotStore from = model.snapshots().store(0, 1, 1);
                SnapshotStore to = SnapshotPlace.folder(copy).store(0, 1, 1)) {
            var unused = from.copyNewest(to);
        }
        return copy;
    }

    private static Outcome gate(ChainRun run) throws RefusedException {
        List<String> reasons =
                ChainGate.refusals(run.state().getMetricsMap(), run.order().getTerms());
        if (!reasons.isEmpty()) {
            throw new RefusedException(String.join("; ", reasons));
        }
        return Outcome.of("passed");
    }

    private Outcome publish(ChainRun run) throws IOException, InterruptedException {
        Path snapshots =
                model(run).resolve("models").resolve(run.order().getModel()).resolve("snapshots");
        ModelVersion version =
                publication.publish(run.order(), snapshots, run.state().getMetricsMap());
        String alias = run.order().getPublish();
        return new Outcome(
                Map.of(), version.number(), "version " + version.number() + (alias.isEmpty() ? "" : ", " + alias));
    }

    private StepReport child(ChainRun run, ChainStep step, List<String> arguments)
            throws IOException, InterruptedException {
        Path report = home(run).resolve(step.text() + ".json");
        Files.deleteIfExists(report);
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--report", report.toString()));
        ChildProcess.run(all, settings.share(), home(run).resolve(step.text() + ".out"));
        return StepReport.read(report);
    }

    private static Outcome outcome(StepReport report) {
        return new Outcome(report.numbers(), 0, report.says());
    }

    private List<String> sources(ChainRun run) throws IOException {
        List<String> arguments = new ArrayList<>();
        ChainOrder order = run.order();
        if (order.hasLog()) {
            arguments.addAll(List.of("--data", data(run).resolve("log.mrb").toString()));
        } else if (areBlocks(order.getFiles())) {
            order.getFiles().getPlacesList().forEach(place -> arguments.addAll(List.of("--data", place)));
        } else {
            for (int i = 0; i < order.getFiles().getPlacesCount(); i++) {
                arguments.addAll(
                        List.of("--data", data(run).resolve(Integer.toString(i)).toString()));
            }
        }
        return arguments;
    }

    /** They have nothing to be converted. */
    private static boolean areBlocks(ChainFiles files) throws IOException {
        if (!files.getFormat().isEmpty()) {
            return files.getFormat().equals(SourceFormat.BLOCKS.name().toLowerCase(Locale.ROOT));
        }
        Path first = Path.of(files.getPlaces(0));
        if (!Files.isDirectory(first)) {
            return files.getPlaces(0).endsWith("." + SourceFormat.BLOCKS.ending());
        }
        try (Stream<Path> inside = Files.list(first)) {
            return inside.anyMatch(file -> file.toString().endsWith("." + SourceFormat.BLOCKS.ending()));
        }
    }

    private static List<String> columns(ChainFiles files) {
        List<String> arguments = new ArrayList<>();
        option(arguments, "--format", files.getFormat());
        option(arguments, "--label", files.getLabel());
        files.getHeadsMap().forEach((head, column) -> arguments.addAll(List.of("--head", head + "=" + column)));
        option(arguments, "--weight", files.getWeight());
        option(arguments, "--time", files.getTime());
        option(arguments, "--request", files.getRequest());
        option(arguments, "--columns", String.join(",", files.getColumnsList()));
        arguments.addAll(List.of("--bad-rows", Long.toString(files.getBadRows())));
        return arguments;
    }

    private static void option(List<String> arguments, String name, String value) {
        if (!value.isEmpty()) {
            arguments.addAll(List.of(name, value));
        }
    }

    @Override
    public void clean(ChainRun run) throws IOException {
        delete(data(run));
        delete(model(run));
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> all = Files.walk(tree)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private Path home(ChainRun run) {
        return chains.resolve(run.id());
    }

    private String spec(ChainRun run) {
        return home(run).resolve("spec.yml").toString();
    }

    private Path data(ChainRun run) {
        return home(run).resolve("data");
    }

    private Path heldOut(ChainRun run) {
        return data(run).resolve("held-out");
    }

    private Path model(ChainRun run) {
        return home(run).resolve("model");
    }
}
