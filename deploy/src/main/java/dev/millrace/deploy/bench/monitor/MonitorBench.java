package dev.millrace.deploy.bench.monitor;

import dev.millrace.deploy.bench.BenchReport;
import dev.millrace.deploy.bench.Figure;
import dev.millrace.deploy.bench.ServiceProcess;
import dev.millrace.deploy.bench.serve.MonitorCost;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.load.data.Dataset;
import dev.millrace.load.replay.Replay;
import dev.millrace.load.replay.ReplayOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The page in a browser while MovieLens is replayed, and what monitoring takes from serving. */
public final class MonitorBench {
    /** Until the charts are full enough, and the server warm. */
    /** A service that has just started shares its cores with the JIT compiler too. */
    private static final Duration BEFORE = Duration.ofSeconds(60);

    private final Path home;
    private final Path dataSet;
    /** 64 such people make some 200 requests a second. */
    private static final Duration READING = Duration.ofMillis(250);

    private final Path scratch;
    private final List<Figure> figures = new ArrayList<>();

    /**
     * @param home the checkout, for the launcher and the spec
     * @param dataSet MovieLens 100K
     * @param scratch folder for services' and browsers' data
     */
    public MonitorBench(Path home, Path dataSet, Path scratch) {
        this.home = home;
        this.dataSet = dataSet;
        this.scratch = scratch;
    }

    public BenchReport run() throws IOException, InterruptedException {
        Path spec = home.resolve("deploy").resolve("models").resolve("movielens.yml");
        PageBench page = new PageBench(scratch, figures);
        Path launcher = home.resolve("deploy").resolve("millrace");
        try (ServiceProcess service = ServiceProcess.start(launcher, spec, scratch.resolve("replayed"))) {
            page.painted("first useful paint", page.firstPaint(service.baseUri(), "calm"), true);
            whileReplaying(service, spec, page, READING);
        }
        // Another one, since the same recording is played to it.
        try (ServiceProcess service = ServiceProcess.start(launcher, spec, scratch.resolve("flat-out"))) {
            whileReplaying(service, spec, page, Duration.ZERO);
        }
        new MonitorCost(home, scratch).run(figures);
        return new BenchReport(figures);
    }

    /** @param reads how long people look before they act; none: as fast as two cores go, which leaves a browser none */
    private void whileReplaying(ServiceProcess service, Path spec, PageBench page, Duration reads)
            throws IOException, InterruptedException {
        LoadedSpec loaded = LoadedSpec.read(spec);
        ReplayOptions options = ReplayOptions.builder(
                        service.baseUri(), loaded.spec().model(), Dataset.MOVIELENS, dataSet)
                .spec(loaded.spec())
                .delay(reads)
                .build();
        AtomicReference<String> ended = new AtomicReference<>("");
        Thread replay = Thread.ofPlatform().daemon().name("replay").start(() -> replay(options, ended));
        try {
            if (replay.join(BEFORE)) {
                throw new IOException("the replay ended at once: " + ended.get());
            }
            boolean flatOut = reads.isZero();
            page.frames(service.baseUri(), flatOut);
            String load = flatOut ? "flat out" : "replaying";
            page.painted("first useful paint, " + load, page.firstPaint(service.baseUri(), load), false);
            if (!replay.isAlive()) {
                throw new IOException("the replay ended while it was looked at: " + ended.get());
            }
        } finally {
            replay.interrupt();
            replay.join();
        }
    }

    private static void replay(ReplayOptions options, AtomicReference<String> ended) {
        try {
            ended.set(Replay.run(options).toString());
        } catch (RuntimeException e) {
            ended.set(String.valueOf(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
