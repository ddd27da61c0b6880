package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.Figure;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The whole call through a door, beside the same server answering the same without a model: saturation, p99 at half of it. */
final class RankLoad {
    private static final String ECHO = "echo";
    private static final String CACHE = "cache";
    private static final String MEMORY = "256 MiB";
    private static final int CANDIDATES = 500;
    private static final int TOGETHER = 32;
    private static final int TURNS = 5;
    /** Of each kind: on two busy cores the JIT compiler needs long. */
    private static final Duration LONG_WARM_UP = Duration.ofSeconds(30);

    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final Duration MEASURED = Duration.ofSeconds(5);
    private static final int[] SIZES = {1, 20, 200, 1000};

    private static final double CACHE_OVER_ECHO = 0.55;
    private static final double MEMORY_OVER_ECHO = 0.3;
    private static final double P99_OVER_ECHO = 4;

    private final ServeService service;
    private final Door door;

    RankLoad(ServeService service, Door door) {
        this.service = service;
        this.door = door;
    }

    void run(List<Figure> figures) throws IOException {
        Turns turns = turns().with(ECHO, door.echo(ServeWorld.LARGE, CANDIDATES))
                .with(CACHE, door.rank(ServeWorld.SMALL, CANDIDATES))
                .with(MEMORY, door.rank(ServeWorld.LARGE, CANDIDATES));
        var unused = turns.saturate(1, TOGETHER, LONG_WARM_UP, WARM_UP);
        long allocated = service.host().ask("allocated");
        Map<String, Turns.Taken> full = turns.saturate(TURNS, TOGETHER, WARM_UP, MEASURED);
        Turns.Taken echo = taken(full, ECHO);
        full.forEach((name, taken) -> costs(figures, door.name() + " " + name + " saturation", taken));
        over(figures, CACHE, full, echo, CACHE_OVER_ECHO);
        over(figures, MEMORY, full, echo, MEMORY_OVER_ECHO);

        Map<String, Double> half = new LinkedHashMap<>();
        full.forEach((name, taken) -> half.put(name, taken.rate() / 2));
        Map<String, Turns.Taken> paced = turns.pace(TURNS, TOGETHER, WARM_UP, MEASURED, half);
        double floor = taken(paced, ECHO).p99();
        paced.forEach((name, taken) -> {
            figures.add(Figure.measured(door.name() + " " + name + " p50 at half", taken.p50(), "ms"));
            figures.add(Figure.measured(door.name() + " " + name + " p99 at half", taken.p99(), "ms"));
        });
        for (String name : List.of(CACHE, MEMORY)) {
            double ratio = taken(paced, name).p99() / floor;
            figures.add(Figure.atMost(door.name() + " " + name + " p99 / echo at half", ratio, "", P99_OVER_ECHO));
        }
        sizes(figures);
        System.err.println("millrace: allocated meanwhile " + (service.host().ask("allocated") - allocated));
    }

    private void over(
            List<Figure> figures, String name, Map<String, Turns.Taken> full, Turns.Taken echo, double target) {
        Turns.Taken taken = taken(full, name);
        figures.add(Figure.atLeast(
                door.name() + " " + name + " saturation / echo", taken.rate() / echo.rate(), "", target));
        figures.add(Figure.measured(door.name() + " " + name + " echo CPU / CPU", echo.hostUs() / taken.hostUs(), ""));
    }

    /** Rates by the number of candidates, all of them answered up to twenty. */
    private void sizes(List<Figure> figures) throws IOException {
        Turns turns = turns();
        for (int size : SIZES) {
            turns.with(size + " candidates", door.rank(ServeWorld.LARGE, size));
        }
        turns.saturate(1, TOGETHER, WARM_UP, MEASURED)
                .forEach((name, taken) -> costs(figures, door.name() + " 256 MiB " + name, taken));
    }

    private static void costs(List<Figure> figures, String name, Turns.Taken taken) {
        figures.add(Figure.measured(name, taken.rate(), "/s"));
        figures.add(Figure.measured(name + " server CPU", taken.hostUs(), "us"));
        figures.add(Figure.measured(name + " broker CPU", taken.brokerUs(), "us"));
        figures.add(Figure.measured(name + " generator CPU", taken.generatorUs(), "us"));
    }

    private Turns turns() {
        return new Turns(service.host(), service.broker());
    }

    private static Turns.Taken taken(Map<String, Turns.Taken> all, String name) {
        return java.util.Objects.requireNonNull(all.get(name));
    }
}
