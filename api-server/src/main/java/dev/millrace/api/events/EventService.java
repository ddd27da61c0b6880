package dev.millrace.api.events;

import dev.millrace.api.log.EventSink;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.api.trace.TraceFollower;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ingest.proto.Action;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts actions on the log and answers when it has all of them. An id that the trace index knows, or that another post
 * carries at this moment, is a duplicate and is not logged again; with another content it is refused. Safe for many threads; the caller's thread waits.
 */
public final class EventService {
    private static final Logger LOG = LoggerFactory.getLogger(EventService.class);
    private static final int CONFLICT = 409;

    private final EventSink sink;
    private final TraceFollower follower;
    private final RequestIds ids;
    private final Clock clock;
    private final Duration acknowledged;
    private final InFlight inFlight;

    /** @param acknowledged longest wait for the log */
    public EventService(
            EventSink sink,
            TraceIndex index,
            TraceFollower follower,
            RequestIds ids,
            Clock clock,
            Duration acknowledged) {
        this.sink = sink;
        this.follower = follower;
        this.ids = ids;
        this.clock = clock;
        this.acknowledged = acknowledged;
        inFlight = new InFlight(index);
    }

    /**
     * @throws ProblemException (stale) unless the log has every one; the same post again is safe when it gave ids; (409,
     *     nothing is logged) when another event has an id
     */
    public EventsAnswer accept(List<NewEvent> events) throws InterruptedException {
        long deadlineMs = clock.millis() + acknowledged.toMillis();
        Batch batch = claim(events);
        sendAll(batch.mine(), deadlineMs);
        await(batch.pending(), deadlineMs);
        int accepted = batch.mine().size();
        return new EventsAnswer(accepted, events.size() - accepted, batch.answers());
    }

    /**
     * @param mine to be sent by this post
     * @param pending what has to be on the log before the post is answered
     */
    private record Batch(
            List<InFlight.Claim> mine, List<CompletableFuture<Void>> pending, List<EventsAnswer.One> answers) {}

    private Batch claim(List<NewEvent> events) {
        Batch batch = new Batch(
                new ArrayList<>(events.size()), new ArrayList<>(events.size()), new ArrayList<>(events.size()));
        for (NewEvent event : events) {
            String id = event.id() == null ? ids.next() : event.id();
            switch (inFlight.claim(event, id)) {
                case InFlight.Result.Mine(InFlight.Claim claim) -> {
                    batch.mine().add(claim);
                    batch.pending().add(claim.logged());
                    batch.answers().add(new EventsAnswer.One(id, EventsAnswer.ACCEPTED));
                }
                case InFlight.Result.Known(CompletableFuture<Void> logged) -> {
                    batch.pending().add(logged);
                    batch.answers().add(new EventsAnswer.One(id, EventsAnswer.DUPLICATE));
                }
                case InFlight.Result.Other() -> {
                    ProblemException conflict = conflict(event, id);
                    batch.mine().forEach(claim -> inFlight.failed(claim, conflict));
                    throw conflict;
                }
            }
        }
        return batch;
    }

    private static ProblemException conflict(NewEvent event, String id) {
        String field = event.path().isEmpty() ? "id" : event.path() + ".id";
        return new ProblemException(Problem.caller(
                CONFLICT,
                "Conflict",
                field,
                field + " '" + id + "' is of another event, with another type, requestId or item; nothing was logged",
                "send a new id, or none; the same id only with the same event"));
    }

    /** While the log is down each send may block: the first failure ends the post. */
    private void sendAll(List<InFlight.Claim> claims, long deadlineMs) {
        boolean down = false;
        for (InFlight.Claim claim : claims) {
            if (down) {
                inFlight.failed(claim, new IllegalStateException("the log refused what came before it"));
            } else {
                send(claim);
                down = claim.logged().isCompletedExceptionally() || clock.millis() > deadlineMs;
            }
        }
    }

    private void send(InFlight.Claim claim) {
        try {
            publish(claim);
        } catch (RuntimeException e) {
            LOG.error("an action was not sent", e);
            inFlight.failed(claim, e);
        }
    }

    private void publish(InFlight.Claim claim) {
        NewEvent event = claim.event();
        Action action = Action.newBuilder()
                .setId(claim.id())
                .setType(event.type())
                .setRequestId(event.requestId())
                .setItem(event.item())
                .setValue(event.value())
                .setTimeMs(event.timeMs())
                .setAcceptedMs(clock.millis())
                .build();
        var unused = sink.action(action).whenComplete((done, failure) -> {
            if (failure == null) {
                follower.action(action);
                inFlight.logged(claim);
            } else {
                LOG.warn("an action was not acknowledged: {}", failure.toString());
                inFlight.failed(claim, failure);
            }
        });
    }

    private void await(List<CompletableFuture<Void>> pending, long deadlineMs) throws InterruptedException {
        try {
            for (CompletableFuture<Void> outcome : pending) {
                outcome.get(Math.max(0, deadlineMs - clock.millis()), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw unacknowledged();
        }
    }

    private ProblemException unacknowledged() {
        return new ProblemException(Problem.stale("the log did not acknowledge every event within "
                + acknowledged.toMillis() + " ms; send the same again: what it has by then is told as a duplicate"));
    }
}
