package dev.millrace.api.events;

import dev.millrace.api.log.EventSink;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.api.trace.TraceFollower;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts actions on the log and answers when it has all of them. An id that the trace index knows, or that another post
 * carries at this moment, is a duplicate and is not logged again. Safe for many threads; the caller's thread waits.
 */
public final class EventService {
    private static final Logger LOG = LoggerFactory.getLogger(EventService.class);

    private final EventSink sink;
    private final TraceIndex index;
    private final TraceFollower follower;
    private final RequestIds ids;
    private final Clock clock;
    private final Duration acknowledged;

    /** On their way to the log, by id hash; bounded by the posts in flight. */
    private final ConcurrentHashMap<Long, CompletableFuture<Void>> inFlight = new ConcurrentHashMap<>();

    /** @param acknowledged longest wait for the log */
    public EventService(
            EventSink sink,
            TraceIndex index,
            TraceFollower follower,
            RequestIds ids,
            Clock clock,
            Duration acknowledged) {
        this.sink = sink;
        this.index = index;
        this.follower = follower;
        this.ids = ids;
        this.clock = clock;
        this.acknowledged = acknowledged;
    }

    /** @throws ProblemException (stale) unless the log has every one; the same post again is safe when it gave ids */
    public EventsAnswer accept(List<NewEvent> events) throws InterruptedException {
        long deadlineMs = clock.millis() + acknowledged.toMillis();
        List<EventsAnswer.One> answers = new ArrayList<>(events.size());
        List<CompletableFuture<Void>> pending = new ArrayList<>(events.size());
        int accepted = 0;
        for (NewEvent event : events) {
            String id = event.id() == null ? ids.next() : event.id();
            CompletableFuture<Void> mine = new CompletableFuture<>();
            CompletableFuture<Void> other = claim(SampleIds.ofAction(id), mine);
            if (other == null) {
                send(event, id, mine);
                accepted++;
            }
            CompletableFuture<Void> outcome = other == null ? mine : other;
            answers.add(new EventsAnswer.One(id, other == null ? EventsAnswer.ACCEPTED : EventsAnswer.DUPLICATE));
            pending.add(outcome);
            // While the log is down each send may block: the first failure ends the post.
            if (outcome.isCompletedExceptionally() || clock.millis() > deadlineMs) {
                break;
            }
        }
        await(pending, events.size(), deadlineMs);
        return new EventsAnswer(accepted, events.size() - accepted, answers);
    }

    /** Null: the id is new and mine to send. Otherwise completes when the log has it from another. */
    private @org.jspecify.annotations.Nullable CompletableFuture<Void> claim(long hash, CompletableFuture<Void> mine) {
        CompletableFuture<Void> other = inFlight.putIfAbsent(hash, mine);
        if (other != null) {
            return other;
        }
        // Asked after the claim: what another post has finished since stands in the index by now.
        if (index.find(hash).isPresent()) {
            inFlight.remove(hash, mine);
            return CompletableFuture.completedFuture(null);
        }
        return null;
    }

    private void send(NewEvent event, String id, CompletableFuture<Void> mine) {
        Action action = Action.newBuilder()
                .setId(id)
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
            } else {
                LOG.warn("an action was not acknowledged: {}", failure.toString());
            }
            inFlight.remove(SampleIds.ofAction(id), mine);
            if (failure == null) {
                mine.complete(null);
            } else {
                mine.completeExceptionally(failure);
            }
        });
    }

    private void await(List<CompletableFuture<Void>> pending, int wanted, long deadlineMs) throws InterruptedException {
        try {
            for (CompletableFuture<Void> outcome : pending) {
                outcome.get(Math.max(0, deadlineMs - clock.millis()), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw unacknowledged();
        }
        if (pending.size() < wanted) {
            throw unacknowledged();
        }
    }

    private ProblemException unacknowledged() {
        return new ProblemException(Problem.stale("the log did not acknowledge every event within "
                + acknowledged.toMillis() + " ms; send the same again: what it has by then is told as a duplicate"));
    }
}
