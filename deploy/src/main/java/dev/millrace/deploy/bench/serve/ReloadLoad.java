package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.Figure;
import dev.millrace.load.open.HttpLoad;
import dev.millrace.load.open.LoadResult;
import dev.millrace.load.open.Requests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Every one of ten million rows gets another weight while requests are ranked with them: as deltas of a learner's size, at
 * 400,000 rows a second, in place; and then again as a snapshot that the replica must take, since it has missed deltas.
 * What that does to latency and to memory.
 */
final class ReloadLoad {
    private static final int CANDIDATES = 200;
    private static final int CONNECTIONS = 64;
    private static final double RATE = 400;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration CALM = Duration.ofSeconds(20);
    private static final Duration SWITCH = Duration.ofSeconds(30);
    private static final long LOOK_MS = 250;

    private final ServeService service;

    ReloadLoad(ServeService service) {
        this.service = service;
    }

    void run(List<Figure> figures) throws IOException, InterruptedException {
        Requests requests = ServeWorld.LARGE.requests(
                service.hostHeader(), "/v1/models/" + ServeWorld.LARGE.model() + "/rank", CANDIDATES);
        during(figures, "reload", requests, () -> service.publishAgain(ServeWorld.LARGE));
        during(figures, "switch", requests, service.prepareSwitch(ServeWorld.LARGE));
    }

    private void during(List<Figure> figures, String name, Requests requests, ServeService.Switch change)
            throws IOException, InterruptedException {
        LoadResult calm = Turns.said("calm", HttpLoad.open(options(WARM_UP, CALM), RATE, requests));
        long before = service.host().residentBytes();
        AtomicLong most = new AtomicLong(before);
        CompletableFuture<Double> switched = CompletableFuture.supplyAsync(() -> seconds(change));
        CompletableFuture<Void> watched = CompletableFuture.runAsync(() -> watch(switched, most));
        LoadResult meanwhile = Turns.said(name, HttpLoad.open(options(Duration.ZERO, SWITCH), RATE, requests));
        double seconds = switched.join();
        watched.join();
        double calmP99 = calm.first().percentileMs(99);
        double p99 = meanwhile.first().percentileMs(99);
        figures.add(Figure.measured(name + " seconds", seconds, "s"));
        figures.add(Figure.measured(name + " p99 before", calmP99, "ms"));
        figures.add(Figure.measured(name + " p99 meanwhile", p99, "ms"));
        figures.add(Figure.atMost(name + " p99 / before", p99 / calmP99, "", 2));
        figures.add(Figure.atMost(name + " memory / before", (double) most.get() / before, "", 1.1));
        figures.add(Figure.exactly(name + " failed", meanwhile.failed(), "requests", 0));
    }

    private static double seconds(ServeService.Switch change) {
        long startNs = System.nanoTime();
        try {
            change.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return (System.nanoTime() - startNs) / 1e9;
    }

    private void watch(CompletableFuture<Double> until, AtomicLong most) {
        try {
            while (!until.isDone()) {
                long now = service.host().residentBytes();
                most.accumulateAndGet(now, Math::max);
                Thread.sleep(LOOK_MS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpLoad.Options options(Duration warmUp, Duration measured) {
        return new HttpLoad.Options(service.address(), CONNECTIONS, warmUp, measured);
    }
}
