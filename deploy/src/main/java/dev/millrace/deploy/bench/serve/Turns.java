package dev.millrace.deploy.bench.serve;

import dev.millrace.load.open.LoadResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Kinds of requests to one server in turns, each with what it took, again and again: the machine's moods meet all of them.
 * A kind's numbers are medians over the turns.
 */
final class Turns {
    private final ServeProcess host;
    private final ServeProcess broker;
    private final Map<String, Load> kinds = new LinkedHashMap<>();

    Turns(ServeProcess host, ServeProcess broker) {
        this.host = host;
        this.broker = broker;
    }

    Turns with(String name, Load load) {
        kinds.put(name, load);
        return this;
    }

    /**
     * What one kind took.
     *
     * @param rate good answers a second
     * @param hostUs CPU time of the server's process a good answer
     * @param brokerUs and of the broker's
     * @param generatorUs and of the load's thread
     */
    record Taken(double rate, double p50, double p99, double hostUs, double brokerUs, double generatorUs) {
        static Taken median(List<Taken> turns) {
            return new Taken(
                    middle(turns.stream().map(Taken::rate)),
                    middle(turns.stream().map(Taken::p50)),
                    middle(turns.stream().map(Taken::p99)),
                    middle(turns.stream().map(Taken::hostUs)),
                    middle(turns.stream().map(Taken::brokerUs)),
                    middle(turns.stream().map(Taken::generatorUs)));
        }

        private static double middle(Stream<Double> values) {
            List<Double> sorted = values.sorted().toList();
            return sorted.get(sorted.size() / 2);
        }
    }

    /** Tells a result to whoever watches. */
    static LoadResult said(String name, LoadResult result) {
        System.err.printf(Locale.ROOT, "millrace: %-28s %s%n", name, result.text());
        return result;
    }

    /** As many as each kind is answered. */
    Map<String, Taken> saturate(int turns, int together, Duration warmUp, Duration measured) throws IOException {
        return turns(turns, name -> kind(name).closed(together, warmUp, measured));
    }

    /** At a pace for each kind, requests a second. */
    Map<String, Taken> pace(int turns, int together, Duration warmUp, Duration measured, Map<String, Double> rates)
            throws IOException {
        return turns(turns, name -> kind(name).open(together, warmUp, measured, rates.getOrDefault(name, 1.0)));
    }

    private Load kind(String name) {
        return java.util.Objects.requireNonNull(kinds.get(name));
    }

    private interface Turn {
        LoadResult take(String name) throws IOException;
    }

    private Map<String, Taken> turns(int turns, Turn turn) throws IOException {
        Map<String, List<Taken>> all = new LinkedHashMap<>();
        for (int t = 0; t < turns; t++) {
            for (String name : kinds.keySet()) {
                Taken taken = take(name, turn);
                all.computeIfAbsent(name, n -> new ArrayList<>()).add(taken);
            }
        }
        Map<String, Taken> medians = new LinkedHashMap<>();
        all.forEach((name, taken) -> medians.put(name, Taken.median(taken)));
        return medians;
    }

    private Taken take(String name, Turn turn) throws IOException {
        long hostNs = host.cpu().toNanos();
        long brokerNs = broker.cpu().toNanos();
        long startNs = System.nanoTime();
        LoadResult result = turn.take(name);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        hostNs = host.cpu().toNanos() - hostNs;
        brokerNs = broker.cpu().toNanos() - brokerNs;
        if (result.failed() > 0) {
            throw new IOException(name + ": " + result.failed() + " requests failed; " + result.text());
        }
        // The warm-up's requests are paid for too: by time, not by count.
        double answered = Math.max(1, result.rate() * seconds);
        Taken taken = new Taken(
                result.rate(),
                result.first().percentileMs(50),
                result.first().percentileMs(99),
                hostNs / 1e3 / answered,
                brokerNs / 1e3 / answered,
                result.cpuUsARequest());
        System.err.printf(
                Locale.ROOT,
                "millrace: %-28s %s, server %.0f us, broker %.0f us%n",
                name,
                result.text(),
                taken.hostUs(),
                taken.brokerUs());
        return taken;
    }
}
