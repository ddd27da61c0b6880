package dev.millrace.api.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.log.LogListener.Place;
import dev.millrace.ps.serve.ServedVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TraceIndexTest {
    private final List<Trace> finished = new ArrayList<>();
    private final TraceIndex index = new TraceIndex(3, (model, trace) -> finished.add(trace));

    private static ServedVersion version(long sequence, long offset) {
        return new ServedVersion(sequence, 1000 + sequence, 2000 + sequence, 0, Map.of(0, offset), 0, 0, 0, 0);
    }

    private static Place at(long offset) {
        return new Place("movies", 0, offset, true);
    }

    private Trace trace(long action) {
        return index.find(action).orElseThrow();
    }

    @Test
    void anActionGoesItsWayStepByStep() {
        index.applied("movies", ServedVersion.NONE);
        index.accepted(1, 5, 100);
        assertEquals(new Trace(Status.ACCEPTED, 100, 0, 0, 0, 0), trace(1));
        index.joined(1, at(7), 200);
        assertEquals(new Trace(Status.JOINED, 100, 200, 0, 0, 0), trace(1));
        index.applied("movies", version(1, 7));
        assertEquals(Status.JOINED, trace(1).status());
        index.applied("movies", version(2, 8));
        assertEquals(new Trace(Status.SERVED, 100, 200, 1002, 2002, 2), trace(1));
        assertEquals(List.of(trace(1)), finished);
    }

    @Test
    void aDeltaMayServeASampleBeforeTheTailHasReadIt() {
        index.applied("movies", ServedVersion.NONE);
        index.applied("movies", version(1, 5));
        index.applied("movies", version(2, 8));
        index.applied("movies", version(3, 20));
        index.joined(1, at(7), 200);
        assertEquals(new Trace(Status.SERVED, 0, 200, 1002, 2002, 2), trace(1));
        assertTrue(finished.isEmpty());
        index.accepted(1, 5, 100);
        assertEquals(100, finished.getFirst().acceptedMs());
    }

    @Test
    void aTimeThatWasNotSeenIsNotMeasured() {
        index.applied("movies", version(9, 50));
        index.accepted(2, 5, 100);
        index.joined(2, new Place("movies", 0, 60, false), 200);
        index.applied("movies", version(10, 70));
        assertEquals(new Trace(Status.SERVED, 100, 200, 1010, 2010, 10), trace(2));
        assertTrue(finished.isEmpty());
    }

    @Test
    void whatTheOldestKnownWeightsHaveLearnedIsServedAtATimeThatNobodyKnows() {
        index.accepted(1, 5, 100);
        index.joined(1, at(7), 200);
        index.applied("movies", version(9, 50));
        index.joined(2, at(8), 200);
        assertEquals(new Trace(Status.SERVED, 100, 200, 0, 0, 0), trace(1));
        assertEquals(new Trace(Status.SERVED, 0, 200, 0, 0, 0), trace(2));
        assertTrue(finished.isEmpty());
    }

    @Test
    void whatIsLearnedBetweenTwoKnownVersionsIsServedAtATimeThatNobodyKnows() {
        index.applied("movies", version(1, 5));
        index.joined(1, at(7), 200);
        index.applied("movies", version(9, 50));
        index.joined(2, at(8), 200);
        assertEquals(new Trace(Status.SERVED, 0, 200, 0, 0, 0), trace(1));
        assertEquals(new Trace(Status.SERVED, 0, 200, 0, 0, 0), trace(2));
    }

    @Test
    void aVersionThatIsToldTwiceOrTooLateChangesNothing() {
        index.applied("movies", ServedVersion.NONE);
        index.applied("movies", version(1, 5));
        index.applied("movies", version(2, 8));
        index.applied("movies", version(1, 5));
        index.applied("movies", version(2, 8));
        index.joined(1, at(7), 200);
        assertEquals(new Trace(Status.SERVED, 0, 200, 1002, 2002, 2), trace(1));
    }

    @Test
    void theFirstCopyOnTheLogSaysWhatTheActionIs() {
        index.accepted(1, 6, 150);
        index.accepted(1, 5, 100);
        index.accepted(1, 7, 120);
        assertEquals(5, index.content(1).orElseThrow());
        index.ended(2, Status.LATE, 100);
        assertEquals(ActionContent.UNKNOWN, index.content(2).orElseThrow());
        assertTrue(index.content(3).isEmpty());
    }

    @Test
    void aSampleThatTheJoinSendsAgainChangesNothing() {
        index.applied("movies", ServedVersion.NONE);
        index.joined(1, at(7), 200);
        index.applied("movies", version(1, 8));
        index.joined(1, at(99), 900);
        assertEquals(new Trace(Status.SERVED, 0, 200, 1001, 2001, 1), trace(1));
    }

    @Test
    void aDuplicateDeadLetterLeavesAJoinedActionAlone() {
        index.accepted(1, 5, 100);
        index.joined(1, at(7), 200);
        index.ended(1, Status.DUPLICATE, 100);
        assertEquals(Status.JOINED, trace(1).status());
        index.accepted(2, 5, 100);
        index.ended(2, Status.DUPLICATE, 100);
        assertEquals(Status.DUPLICATE, trace(2).status());
        index.joined(2, at(8), 300);
        assertEquals(Status.JOINED, trace(2).status());
    }

    @Test
    void aSecondCopysEndSaysNothingAboutTheFirst() {
        index.ended(1, Status.DUPLICATE, 150);
        assertEquals(Status.DUPLICATE, trace(1).status());
        index.accepted(1, 5, 100);
        assertEquals(Status.ACCEPTED, trace(1).status());
        index.ended(1, Status.LATE, 100);
        assertEquals(Status.LATE, trace(1).status());
    }

    @Test
    void waitersAreToldWhenTheirStageOrAnEndComes() {
        index.accepted(1, 5, 100);
        index.accepted(2, 5, 100);
        CompletableFuture<Trace> joined = index.when(1, Status.JOINED).orElseThrow();
        CompletableFuture<Trace> served = index.when(1, Status.SERVED).orElseThrow();
        CompletableFuture<Trace> ended = index.when(2, Status.SERVED).orElseThrow();
        assertTrue(index.when(1, Status.ACCEPTED).orElseThrow().isDone());
        assertTrue(index.when(3, Status.ACCEPTED).isEmpty());
        index.joined(1, at(7), 200);
        index.ended(2, Status.ORPHAN, 100);
        assertEquals(Status.JOINED, joined.join().status());
        assertFalse(served.isDone());
        assertEquals(Status.ORPHAN, ended.join().status());
        index.applied("movies", version(1, 8));
        assertEquals(Status.SERVED, served.join().status());
    }

    @Test
    void theOldestMakesRoomAndItsWaitersAreTold() {
        index.accepted(1, 5, 100);
        CompletableFuture<Trace> waiting = index.when(1, Status.SERVED).orElseThrow();
        for (long action = 2; action <= 4; action++) {
            index.accepted(action, 5, 100);
        }
        assertEquals(3, index.size());
        assertTrue(index.find(1).isEmpty());
        assertEquals(Status.ACCEPTED, waiting.join().status());
    }

    @Test
    void whoGivesUpWaitingIsForgotten() {
        index.accepted(1, 5, 100);
        CompletableFuture<Trace> waiting = index.when(1, Status.SERVED).orElseThrow();
        index.forget(1, waiting);
        index.ended(1, Status.LATE, 100);
        assertFalse(waiting.isDone());
    }
}
