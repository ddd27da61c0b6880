package dev.millrace.api.http;

import dev.millrace.api.monitor.Monitor;
import dev.millrace.api.monitor.MonitorMeters;
import dev.millrace.api.monitor.RankOutcome;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RankService;
import dev.millrace.api.rank.RequestIds;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Serves rank requests of all models, a bounded number at a time, and measures them, however they end. */
public final class RankDesk {
    private final Map<String, Room> rooms = new HashMap<>();
    private final Models models;
    private final Monitor monitor;
    private final Gate gate;

    private record Room(RankReader reader, RankService service, Map<RankOutcome, Timer> timers) {}

    public RankDesk(
            Models models,
            Iterable<RankService> services,
            RequestIds ids,
            Monitor monitor,
            MonitorMeters meters,
            Gate gate) {
        this.models = models;
        this.monitor = monitor;
        this.gate = gate;
        for (RankService service : services) {
            var spec = service.ranker().weights().spec();
            Map<RankOutcome, Timer> timers = new EnumMap<>(RankOutcome.class);
            for (RankOutcome outcome : RankOutcome.values()) {
                timers.put(outcome, meters.rankTimer(spec.model(), outcome));
            }
            rooms.put(spec.model(), new Room(new RankReader(spec, ids), service, timers));
        }
    }

    RankAnswer rank(String model, byte[] body) throws Exception {
        models.check(model);
        Room room = Objects.requireNonNull(rooms.get(model));
        long startNs = System.nanoTime();
        RankOutcome outcome = RankOutcome.INTERNAL;
        try {
            RankAnswer answer = gate.pass(() -> rank(model, room, body));
            outcome = RankOutcome.OK;
            return answer;
        } catch (RuntimeException e) {
            outcome = RankOutcome.of(e);
            throw e;
        } finally {
            long tookNs = System.nanoTime() - startNs;
            Objects.requireNonNull(room.timers().get(outcome)).record(tookNs, TimeUnit.NANOSECONDS);
            monitor.rankTook(model, TimeUnit.NANOSECONDS.toMicros(tookNs));
        }
    }

    private RankAnswer rank(String model, Room room, byte[] body) throws InterruptedException {
        RankRequest request = room.reader().read(body);
        RankAnswer answer = room.service().rank(request);
        monitor.ranked(model, request.candidates().size());
        return answer;
    }
}
