package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.Figure;
import dev.millrace.load.open.HttpLoad;
import dev.millrace.load.open.LoadResult;
import dev.millrace.load.open.Requests;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Five times what the server can take, for a minute, against {@link SlowWeights}: goodput, memory, and how soon it is as
 * quick as before when the load is gone.
 */
final class OverloadLoad {
    private static final int CANDIDATES = 20;
    private static final int CONNECTIONS = 256;
    private static final double TIMES = 5;
    private static final double CALM = 0.5;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration MEASURED = Duration.ofSeconds(10);
    private static final Duration OVERLOAD = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final double RECOVERED = 2;
    private static final int LOOKS = 40;

    private final ServeService service;

    OverloadLoad(ServeService service) {
        this.service = service;
    }

    void run(List<Figure> figures) throws IOException {
        Requests requests = ServeWorld.SMALL.requests(
                service.hostHeader(), "/v1/models/" + SlowWeights.MODEL + "/rank", CANDIDATES);
        LoadResult most = Turns.said("most", HttpLoad.closed(options(CONNECTIONS, WARM_UP, MEASURED), requests));
        double saturation = Math.max(most.rate(), SlowWeights.CAPACITY);
        LoadResult calm =
                Turns.said("calm", HttpLoad.open(options(CONNECTIONS, WARM_UP, MEASURED), CALM * saturation, requests));
        long before = service.host().residentBytes();
        LoadResult overload = Turns.said(
                "overload", HttpLoad.open(options(CONNECTIONS, Duration.ZERO, OVERLOAD), TIMES * saturation, requests));
        long endNs = System.nanoTime();
        long after = service.host().residentBytes();
        double recovery = recovery(requests, saturation, calm.first().percentileMs(99), endNs);
        figures.add(Figure.measured("overload saturation", saturation, "/s"));
        figures.add(Figure.atLeast("overload goodput / saturation", overload.rate() / saturation, "", 0.8));
        figures.add(Figure.measured("overload p99 of answers", overload.first().percentileMs(99), "ms"));
        figures.add(Figure.measured("overload p99 of refusals", overload.first().refusedMs(99), "ms"));
        figures.add(Figure.exactly("overload failed", overload.failed(), "requests", 0));
        figures.add(Figure.atMost("overload memory / before", (double) after / before, "", 1.25));
        figures.add(Figure.atMost("overload recovery", recovery, "s", 5));
    }

    private HttpLoad.Options options(int connections, Duration warmUp, Duration measured) {
        return new HttpLoad.Options(service.address(), connections, warmUp, measured);
    }

    /** Seconds until half of the load is answered whole again, within twice its p99 of before. */
    private double recovery(Requests requests, double saturation, double calmP99, long endNs) throws IOException {
        for (int look = 0; look < LOOKS; look++) {
            LoadResult now = HttpLoad.open(options(CONNECTIONS, Duration.ZERO, LOOK), CALM * saturation, requests);
            boolean whole = now.first().refused() == 0 && now.failed() == 0 && now.unsent() == 0;
            if (whole && now.first().percentileMs(99) <= RECOVERED * calmP99) {
                return (System.nanoTime() - endNs) / (double) TimeUnit.SECONDS.toNanos(1);
            }
        }
        return Double.POSITIVE_INFINITY;
    }
}
