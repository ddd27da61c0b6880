package dev.millrace.api.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.api.MemoryLog;
import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.Trace;
import dev.millrace.api.trace.TraceFollower;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventServiceTest {
    private final Clock clock = Clock.systemUTC();
    private final MemoryLog log = new MemoryLog();
    private final TraceIndex index = new TraceIndex(1000, (model, trace) -> {});
    private final EventService service = service(Duration.ofSeconds(20));

    private EventService service(Duration acknowledged) {
        return new EventService(
                log,
                index,
                new TraceFollower(index, Set.of("like")),
                new RequestIds(clock, new Random(1)),
                clock,
                acknowledged);
    }

    private static NewEvent event(@Nullable String id, String type) {
        return event("", id, type, "i");
    }

    private static NewEvent event(String path, @Nullable String id, String type, String item) {
        return new NewEvent(path, id, type, "r", item, 1, 1_700_000_000_000L);
    }

    private void assertConflict(String field, NewEvent... events) {
        Problem refused = assertThrows(ProblemException.class, () -> service.accept(List.of(events)))
                .problem();
        assertEquals(409, refused.status());
        assertEquals(field, refused.field());
    }

    @Test
    void anotherEventUnderAKnownIdIsAConflictAndNothingOfItsPostIsLogged() throws InterruptedException {
        service.accept(List.of(event("a", "like")));
        assertConflict("id", event("a", "dislike"));
        assertConflict("[1].id", event("[0]", "b", "like", "i"), event("[1]", "a", "like", "other"));
        assertEquals(1, log.actions.size());
        assertEquals(1, service.accept(List.of(event("b", "like"))).accepted(), "b's claim was given back");
    }

    @Test
    void anotherEventUnderTheIdOfOneInTheSamePostIsAConflict() {
        assertConflict("[1].id", event("[0]", "a", "like", "i"), event("[1]", "a", "like", "other"));
        assertEquals(0, log.actions.size());
    }

    @Test
    void anotherEventUnderTheIdOfOneOnItsWayIsAConflict() {
        log.mode = MemoryLog.Mode.WAIT;
        CompletableFuture<EventsAnswer> first = post(service, "a");
        Awaitility.await().until(() -> log.waiting() == 1);
        assertConflict("id", event("a", "dislike"));
        log.acknowledge();
        assertEquals("accepted", statuses(first.join()).getFirst());
    }

    @Test
    void aRetryMayHaveAnotherTimeAndValue() throws InterruptedException {
        service.accept(List.of(event("a", "like")));
        NewEvent again = new NewEvent("", "a", "like", "r", "i", 2, 1_700_000_000_009L);
        assertEquals(1, service.accept(List.of(again)).duplicates());
    }

    @Test
    void whatTheTailReadTellsARetryFromAnotherEvent() throws InterruptedException {
        Action read = Action.newBuilder()
                .setId("a")
                .setType("like")
                .setRequestId("r")
                .setItem("i")
                .setAcceptedMs(7)
                .build();
        new TraceFollower(index, Set.of("like")).action(read);
        assertEquals(1, service.accept(List.of(event("a", "like"))).duplicates());
        assertConflict("id", event("a", "dislike"));
        index.ended(SampleIds.ofAction("ended"), Status.LATE, 7);
        assertEquals(1, service.accept(List.of(event("ended", "like"))).duplicates(), "its content is not known");
    }

    @Test
    void anIdIsLoggedOnceWithinABatchAndOverBatches() throws InterruptedException {
        EventsAnswer first = service.accept(List.of(event("a", "like"), event("a", "like"), event("b", "like")));
        EventsAnswer second = service.accept(List.of(event("b", "like"), event("c", "like")));
        assertEquals(2, first.accepted());
        assertEquals(1, first.duplicates());
        assertEquals(List.of("accepted", "duplicate", "accepted"), statuses(first));
        assertEquals(List.of("duplicate", "accepted"), statuses(second));
        assertEquals(3, log.actions.size());
    }

    private static List<String> statuses(EventsAnswer answer) {
        return answer.events().stream().map(EventsAnswer.One::status).toList();
    }

    @Test
    void eventsWithoutIdsGetDifferentOnes() throws InterruptedException {
        EventsAnswer answer = service.accept(List.of(event(null, "like"), event(null, "like")));
        assertEquals(2, answer.accepted());
        assertNotEquals(answer.events().get(0).id(), answer.events().get(1).id());
    }

    @Test
    void aTypeThatIsNoLabelIsLoggedAndTracedAsIgnored() throws InterruptedException {
        service.accept(List.of(event("v", "view"), event("l", "like")));
        assertEquals(2, log.actions.size());
        assertEquals(Status.IGNORED, trace("v").status());
        assertEquals(Status.ACCEPTED, trace("l").status());
    }

    private Trace trace(String id) {
        return index.find(SampleIds.ofAction(id)).orElseThrow();
    }

    @Test
    void aPostIsAnsweredOnlyWhenTheLogHasIt() {
        log.mode = MemoryLog.Mode.WAIT;
        CompletableFuture<EventsAnswer> first = post(service, "a");
        Awaitility.await().until(() -> log.waiting() == 1);
        // The second waits for the first's acknowledgement: "duplicate" says that the log has it.
        CompletableFuture<EventsAnswer> second = post(service, "a");
        assertEquals(false, first.isDone() || second.isDone());
        log.acknowledge();
        assertEquals("accepted", statuses(first.join()).getFirst());
        assertEquals("duplicate", statuses(second.join()).getFirst());
        assertEquals(1, log.actions.size());
    }

    private static CompletableFuture<EventsAnswer> post(EventService service, String id) {
        CompletableFuture<EventsAnswer> answer = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                answer.complete(service.accept(List.of(event(id, "like"))));
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    @Test
    void whatTheLogRefusesIsStaleAndMayBeSentAgain() throws InterruptedException {
        log.mode = MemoryLog.Mode.REFUSE;
        ProblemException refused = assertThrows(
                ProblemException.class, () -> service.accept(List.of(event("a", "like"), event("b", "like"))));
        assertEquals(ErrorClass.STALE, refused.problem().errorClass());
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        assertEquals(
                2,
                service.accept(List.of(event("a", "like"), event("b", "like"))).accepted());
    }

    @Test
    void whatTheLogDoesNotAcknowledgeInTimeIsStaleAndADuplicateOnceItHasIt() throws InterruptedException {
        log.mode = MemoryLog.Mode.WAIT;
        CompletionException late = assertThrows(
                CompletionException.class,
                () -> post(service(Duration.ofMillis(20)), "a").join());
        ProblemException stale = assertInstanceOf(ProblemException.class, late.getCause());
        assertEquals(ErrorClass.STALE, stale.problem().errorClass());
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        log.acknowledge();
        service.accept(List.of(event("b", "like")));
        assertEquals(Status.ACCEPTED, trace("a").status());
    }
}
