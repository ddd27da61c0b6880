package dev.millrace.api.desk;

import dev.millrace.api.arm.Families;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.monitor.Monitor;
import dev.millrace.api.monitor.MonitorMeters;
import dev.millrace.api.monitor.RankOutcome;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.Unexpected;
import dev.millrace.api.rank.Deadline;
import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RankService;
import dev.millrace.api.rank.Ranker;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.api.recent.RecentRequests;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Serves rank requests of all models, a bounded number at a time, and measures them, however they end. */
public final class RankDesk {
    /** Requests of a batch that are ranked at a time. */
    private static final int TOGETHER = 16;

    private final Map<String, Room> rooms = new HashMap<>();
    private final Models models;
    private final Monitor monitor;
    private final AdaptiveLimit gate;
    private final ErrorCounts errors;
    private final RecentRequests recent;

    private record Room(String model, RankReader reader, RankService service, Map<RankOutcome, Timer> timers) {}

    public RankDesk(
            Models models,
            Iterable<RankService> services,
            Families families,
            RequestIds ids,
            Monitor monitor,
            MonitorMeters meters,
            AdaptiveLimit gate,
            ErrorCounts errors,
            RecentRequests recent) {
        this.models = models;
        this.monitor = monitor;
        this.gate = gate;
        this.errors = errors;
        this.recent = recent;
        for (RankService service : services) {
            var spec = service.ranker().weights().spec();
            Map<RankOutcome, Timer> timers = new EnumMap<>(RankOutcome.class);
            for (RankOutcome outcome : RankOutcome.values()) {
                timers.put(outcome, meters.rankTimer(spec.model(), outcome));
            }
            List<ModelSpec> answering = families.of(spec.model()).members().stream()
                    .map(WeightServer::spec)
                    .toList();
            rooms.put(spec.model(), new Room(spec.model(), new RankReader(answering, ids), service, timers));
        }
    }

    public RankAnswer rank(String model, JsonIn.Source body) throws Exception {
        return rank(model, body, null);
    }

    /** @param key under which the caller may send the same again, where the request itself names no requestId */
    public RankAnswer rank(String model, JsonIn.Source body, @Nullable String key) throws Exception {
        Room room = room(model);
        return measured(room, () -> {
            RankRequest request = room.reader().read(body);
            return rank(room, key == null || request.retryable() ? request : request.under(key));
        });
    }

    /**
     * Each request has its own outcome, and those that can be read their own place at the gate, {@link #TOGETHER} at a
     * time, so that one batch leaves room for others; they wait for the log together.
     */
    public RankBatch rankBatch(String model, JsonIn.Source body) throws InterruptedException {
        Room room = room(model);
        List<RankReader.Read> requests = room.reader().batch(body);
        List<Future<RankBatch.Outcome>> running = new ArrayList<>(requests.size());
        Semaphore together = new Semaphore(TOGETHER);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            requests.forEach(
                    read -> running.add(threads.submit(Deadline.carried(() -> outcome(room, read, together)))));
        }
        return new RankBatch(running.stream().map(Future::resultNow).toList());
    }

    private RankBatch.Outcome outcome(Room room, RankReader.Read read, Semaphore together) throws InterruptedException {
        RankRequest request = read.request();
        together.acquire();
        try {
            if (request == null) {
                throw Objects.requireNonNull(read.refused());
            }
            return RankBatch.Outcome.of(measured(room, () -> rank(room, request)));
        } catch (Exception e) {
            Problem problem = Unexpected.problem("a request of a batch", e);
            errors.count(problem.errorClass());
            return RankBatch.Outcome.of(problem);
        } finally {
            together.release();
        }
    }

    AdaptiveLimit gate() {
        return gate;
    }

    RankReader reader(String model) {
        return room(model).reader();
    }

    public Ranker ranker(String model) {
        return room(model).service().ranker();
    }

    /** Ranks candidates that were found here; within {@link #measured}. @param asked what the caller said */
    RankAnswer ranked(String model, RankRequest request, RankRequest asked) throws InterruptedException {
        RankAnswer answer = room(model).service().rank(request, asked);
        monitor.ranked(model, request.candidates().size());
        recent.answered(model, request, answer);
        return answer;
    }

    /** Work that counts as a rank request: at the gate, and in what is measured. */
    <T> T measured(String model, Callable<T> work) throws Exception {
        return measured(room(model), work);
    }

    private Room room(String model) {
        models.check(model);
        return Objects.requireNonNull(rooms.get(model));
    }

    private <T> T measured(Room room, Callable<T> work) throws Exception {
        long startNs = System.nanoTime();
        RankOutcome outcome = RankOutcome.INTERNAL;
        try {
            T answer = gate.pass(work);
            outcome = RankOutcome.OK;
            return answer;
        } catch (RuntimeException e) {
            outcome = RankOutcome.of(e);
            throw e;
        } finally {
            long tookNs = System.nanoTime() - startNs;
            Objects.requireNonNull(room.timers().get(outcome)).record(tookNs, TimeUnit.NANOSECONDS);
            monitor.rankTook(room.model(), TimeUnit.NANOSECONDS.toMicros(tookNs));
        }
    }

    private RankAnswer rank(Room room, RankRequest request) throws InterruptedException {
        return ranked(room.model(), request, request);
    }
}
