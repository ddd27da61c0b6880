package dev.millrace.deploy.bench;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.load.data.Dataset;
import dev.millrace.load.replay.Replay;
import dev.millrace.load.replay.ReplayOptions;
import dev.millrace.load.report.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The whole loop on recorded people: MovieLens 100K and the MIND sample, complete, closed loop, each against a service
 * started for it as a process of its own.
 */
public final class LoopBench {
    private final Path launcher;
    private final Path models;
    private final Path dataSets;
    private final Path scratch;
    private final List<Figure> figures = new ArrayList<>();

    /**
     * @param home the checkout, for the launcher and the specs
     * @param dataSets folder with {@code movielens-100k} and {@code mind-small-sample}
     * @param scratch folder for the services' data
     */
    public LoopBench(Path home, Path dataSets, Path scratch) {
        this.launcher = home.resolve("deploy").resolve("millrace");
        this.models = home.resolve("deploy").resolve("models");
        this.dataSets = dataSets;
        this.scratch = scratch;
    }

    public BenchReport run() throws IOException, InterruptedException {
        Report stored = replay("movielens-stored", Dataset.MOVIELENS, "movielens-100k");
        figures.add(
                Figure.atLeast("movielens-stored served AUC", stored.quality().auc(), "", 0.750));
        figures.add(Figure.measured("movielens-stored requests 4-10 AUC", stored.newcomerAuc(), ""));
        exact("movielens-stored", stored);
        Report movielens = replay("movielens", Dataset.MOVIELENS, "movielens-100k");
        double without = Math.max(0.758, stored.quality().auc());
        figures.add(Figure.atLeast("movielens served AUC", movielens.quality().auc(), "", without));
        double newcomers = movielens.newcomerAuc();
        figures.add(Figure.atLeast("movielens requests 4-10 AUC", newcomers, "", stored.newcomerAuc()));
        exact("movielens", movielens);
        fresh("movielens", movielens);
        Report mind = replay("mind", Dataset.MIND, "mind-small-sample");
        figures.add(Figure.atLeast("mind impression AUC", mind.quality().impressionAuc(), "", 0.62));
        exact("mind", mind);
        fresh("mind", mind);
        return new BenchReport(figures);
    }

    private Report replay(String model, Dataset dataset, String folder) throws IOException, InterruptedException {
        Path spec = models.resolve(model + ".yml");
        try (ServiceProcess service = ServiceProcess.start(launcher, spec, scratch.resolve(model))) {
            figures.add(Figure.atMost(model + " ready to rank", service.readySeconds(), "s", 20));
            figures.add(Figure.atMost(model + " join running", service.joinSeconds(), "s", 40));
            LoadedSpec loaded = LoadedSpec.read(spec);
            Report report = Replay.run(
                    ReplayOptions.builder(service.baseUri(), loaded.spec().model(), dataset, dataSets.resolve(folder))
                            .spec(loaded.spec())
                            .build());
            if (!loaded.spec().realtime().isEmpty()) {
                figures.add(Figure.atLeast(
                        model + " actions in profiles within 1 s",
                        ProfileFreshness.within1s(service.baseUri()),
                        "",
                        0.99));
            }
            return report;
        }
    }

    private void exact(String name, Report report) {
        figures.add(Figure.exactly(name + " lost", report.lost(), "events", 0));
        figures.add(Figure.exactly(name + " duplicated", report.duplicated(), "samples", 0));
        figures.add(Figure.exactly(name + " samples learned", report.samplesLearned(), "", report.expectedSamples()));
        double difference = report.sampleIdSum() == report.expectedSampleIdSum() ? 0 : 1;
        figures.add(Figure.exactly(name + " sampleIdSum differs", difference, "", 0));
    }

    private void fresh(String name, Report report) {
        figures.add(Figure.atMost(name + " freshness p50", report.freshnessMs().p50(), "ms", 300));
        figures.add(Figure.atMost(name + " freshness p99", report.freshnessMs().p99(), "ms", 1000));
    }
}
