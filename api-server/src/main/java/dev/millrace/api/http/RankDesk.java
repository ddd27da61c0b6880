package dev.millrace.api.http;

import dev.millrace.api.monitor.Monitor;
import dev.millrace.api.monitor.MonitorMeters;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.Ranker;
import dev.millrace.api.rank.RequestIds;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Serves rank requests of all models, a bounded number at a time, and measures them. */
public final class RankDesk {
    private final Map<String, Room> rooms = new HashMap<>();
    private final Models models;
    private final Monitor monitor;
    private final Gate gate;

    private record Room(RankReader reader, Ranker ranker, Timer timer) {}

    public RankDesk(
            Models models, Iterable<Ranker> rankers, RequestIds ids, Monitor monitor, MonitorMeters meters, Gate gate) {
        this.models = models;
        this.monitor = monitor;
        this.gate = gate;
        for (Ranker ranker : rankers) {
            var spec = ranker.weights().spec();
            rooms.put(spec.model(), new Room(new RankReader(spec, ids), ranker, meters.rankTimer(spec.model())));
        }
    }

    RankAnswer rank(String model, byte[] body) throws Exception {
        models.check(model);
        Room room = Objects.requireNonNull(rooms.get(model));
        return gate.pass(() -> rank(model, room, body));
    }

    private RankAnswer rank(String model, Room room, byte[] body) throws InterruptedException {
        long startNs = System.nanoTime();
        RankRequest request = room.reader().read(body);
        RankAnswer answer = room.ranker().rank(request);
        long tookNs = System.nanoTime() - startNs;
        room.timer().record(tookNs, TimeUnit.NANOSECONDS);
        monitor.ranked(model, request.candidates().size(), TimeUnit.NANOSECONDS.toMicros(tookNs));
        return answer;
    }
}
