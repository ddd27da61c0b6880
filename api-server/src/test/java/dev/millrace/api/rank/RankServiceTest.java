package dev.millrace.api.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.HandClock;
import dev.millrace.api.MemoryLog;
import dev.millrace.api.MemoryProfiles;
import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RankServiceTest {
    private final MemoryLog log = new MemoryLog();
    private final Ranker ranker = new Ranker(new FixedWeights(), new MemoryProfiles(), log, new HandClock(1234));
    private final RankService service = service(Duration.ofSeconds(20), 10);

    private RankService service(Duration acknowledged, int maxItems) {
        return new RankService(ranker, new RecentRanks(3, maxItems), acknowledged);
    }

    private static RankRequest request(String id, boolean retryable, double... prices) {
        List<RankRequest.Candidate> candidates = java.util.stream.IntStream.range(0, prices.length)
                .mapToObj(i -> new RankRequest.Candidate("i" + i, Map.of("item.price", new Numeric(prices[i]))))
                .toList();
        return new RankRequest(id, retryable, "u", null, Map.of(), candidates, 1000);
    }

    private static Problem refused(RankService by, RankRequest request) {
        return assertThrows(ProblemException.class, () -> by.rank(request)).problem();
    }

    @Test
    void theSameRequestAgainGetsTheAnswerThatWasLogged() throws InterruptedException {
        RankAnswer first = service.rank(request("r", true, .1, .2));
        assertSame(first, service.rank(request("r", true, .1, .2)));
        assertEquals(1, log.impressions.size());
    }

    @Test
    void anotherRequestUnderAKnownIdIsAConflict() throws InterruptedException {
        service.rank(request("r", true, .1, .2));
        Problem conflict = refused(service, request("r", true, .1, .3));
        assertEquals(409, conflict.status());
        assertEquals("requestId", conflict.field());
        assertEquals(1, log.impressions.size());
    }

    @Test
    void whatNobodyWaitsForIsNeitherScoredNorShown() throws Exception {
        Deadline passed = new Deadline(System.nanoTime() - 1, 5);
        Problem late = assertThrows(
                        ProblemException.class, () -> passed.on(() -> service.rank(request("late", false, .1))))
                .problem();
        assertEquals(504, late.status());
        assertEquals(0, log.impressions.size());
        assertEquals(
                "r",
                Deadline.in(60_000)
                        .on(() -> service.rank(request("r", true, .1)))
                        .requestId());
        assertEquals(1, log.impressions.size());
    }

    @Test
    void whoComesWhileTheFirstIsOnItsWayWaitsForIt() {
        log.mode = MemoryLog.Mode.WAIT;
        CompletableFuture<RankAnswer> first = start(service, request("r", true, .1));
        Awaitility.await().until(() -> log.waiting() == 1);
        CompletableFuture<RankAnswer> second = start(service, request("r", true, .1));
        assertFalse(first.isDone() || second.isDone());
        log.acknowledge();
        assertSame(first.join(), second.join());
        assertEquals(1, log.impressions.size());
    }

    private static CompletableFuture<RankAnswer> start(RankService by, RankRequest request) {
        CompletableFuture<RankAnswer> answer = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                answer.complete(by.rank(request));
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    @Test
    void whatTheLogRefusedMayBeSentAgain() throws InterruptedException {
        log.mode = MemoryLog.Mode.REFUSE;
        Problem stale = refused(service, request("r", true, .1));
        assertEquals(ErrorClass.STALE, stale.errorClass());
        assertEquals("r", stale.requestId());
        assertEquals(1, stale.retryAfterSeconds());
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        assertEquals("r", service.rank(request("r", true, .1)).requestId());
        assertEquals(1, log.impressions.size());
    }

    @Test
    void aRetryFindsWhatTheLogAcknowledgedTooLateWhoeverMadeTheId() throws InterruptedException {
        RankService hasty = service(Duration.ofMillis(20), 10);
        log.mode = MemoryLog.Mode.WAIT;
        assertEquals("given", refused(hasty, request("given", true, .1)).requestId());
        assertEquals("made", refused(hasty, request("made", false, .1)).requestId());
        log.acknowledge();
        hasty.rank(request("given", true, .1));
        hasty.rank(request("made", true, .1));
        assertEquals(2, log.impressions.size(), "the retries were answered from what was logged");
    }

    @Test
    void whatIsTooLargeIsTheCallersAndMayBeSentSmallerUnderTheSameId() throws InterruptedException {
        log.mode = MemoryLog.Mode.TOO_LARGE;
        Problem large = refused(service, request("r", true, .1, .2));
        assertEquals(413, large.status());
        assertEquals("candidates", large.field());
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        assertEquals(1, service.rank(request("r", true, .1)).items().size());
    }

    @Test
    void aDefectLeavesNothingBehind() throws InterruptedException {
        assertThrows(IllegalStateException.class, () -> service.rank(request("r", true, 1e300)));
        assertEquals(1, service.rank(request("r", true, .1)).items().size());
    }

    @Test
    void theOldestIdsMakeRoomByNumberAndByItems() throws InterruptedException {
        for (String id : new String[] {"a", "b", "c", "d"}) {
            service.rank(request(id, true, .1));
        }
        service.rank(request("b", true, .1));
        assertEquals(4, log.impressions.size());
        service.rank(request("a", true, .1));
        assertEquals(5, log.impressions.size(), "a was the oldest of four, three are kept");

        RankService small = service(Duration.ofSeconds(20), 2);
        small.rank(request("x", true, .1, .2));
        small.rank(request("y", true, .1));
        small.rank(request("y", true, .1));
        assertEquals(7, log.impressions.size());
        small.rank(request("x", true, .1, .2));
        assertEquals(8, log.impressions.size(), "x and y have three items, two are kept");
    }

    @Test
    void idsThatTheServerMadeAreNotKept() throws InterruptedException {
        service.rank(request("r", false, .1));
        service.rank(request("r", true, .2));
        assertEquals(2, log.impressions.size());
    }
}
