package dev.millrace.api.desk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.ProblemException;
import java.time.Duration;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

/** A server of so many places and a time for each, simulated in its own time. */
class AdaptiveLimitTest {
    private static final long MS = 1_000_000;
    private static final AdaptiveLimit.Config CONFIG = new AdaptiveLimit.Config(
            32, 4, 256, 2, Duration.ofMillis(100), Duration.ofSeconds(40), Duration.ofSeconds(5));

    private long nowNs;
    private AdaptiveLimit limit = new AdaptiveLimit("requests", CONFIG, () -> nowNs);

    private int places = 4;
    private long takesNs = 10 * MS;
    private long answered;
    private long waitedNs;
    private long refused;

    /** Ends of what is in the server, and when each had come: first come, first served. */
    private final PriorityQueue<long[]> ends = new PriorityQueue<>((a, b) -> Long.compare(a[0], b[0]));

    private final long[] freeAt = new long[256];

    private void load(double rate, double seconds) {
        answered = 0;
        waitedNs = 0;
        refused = 0;
        double everyNs = 1e9 / rate;
        long startNs = nowNs;
        for (double at = 0; at < seconds * 1e9; at += everyNs) {
            finish(startNs + (long) at);
            nowNs = startNs + (long) at;
            try {
                limit.enter();
            } catch (ProblemException e) {
                assertEquals(ErrorClass.OVERLOAD, e.problem().errorClass());
                assertTrue(e.problem().retryAfterSeconds() > 0);
                refused++;
                continue;
            }
            int place = 0;
            for (int p = 1; p < places; p++) {
                place = freeAt[p] < freeAt[place] ? p : place;
            }
            freeAt[place] = Math.max(nowNs, freeAt[place]) + takesNs;
            ends.add(new long[] {freeAt[place], nowNs});
        }
        finish(startNs + (long) (seconds * 1e9));
    }

    private void finish(long untilNs) {
        while (!ends.isEmpty() && ends.peek()[0] <= untilNs) {
            long[] end = ends.poll();
            nowNs = end[0];
            limit.leave(end[1]);
            answered++;
            waitedNs += end[0] - end[1];
        }
        nowNs = Math.max(nowNs, untilNs);
    }

    private double meanMs() {
        return waitedNs / (double) MS / answered;
    }

    @Test
    void fiveTimesTheLoadKeepsGoodputAndLatency() {
        load(200, 10);
        assertEquals(0, refused);
        for (int minute = 0; minute < 5; minute++) {
            load(2000, 60);
            assertTrue(answered >= 0.95 * 60 * 400, answered + " answered");
            assertTrue(meanMs() < 50, meanMs() + " ms");
        }
        load(200, 2);
        load(200, 1);
        assertEquals(0, refused, "recovered");
        assertTrue(meanMs() < 12, meanMs() + " ms");
    }

    /** Sixteen times as many as are served at a time: the queue that they make is not taken for the server's own time. */
    @Test
    void manyAtLeastDoNotBecomeMore() {
        limit = new AdaptiveLimit(
                "requests",
                new AdaptiveLimit.Config(128, 64, 1024, 2, CONFIG.window(), CONFIG.memory(), CONFIG.probe()),
                () -> nowNs);
        load(200, 10);
        for (int minute = 0; minute < 5; minute++) {
            load(2000, 60);
            assertTrue(answered >= 0.95 * 60 * 400, answered + " answered");
            assertTrue(meanMs() < 180, meanMs() + " ms, where 64 places take 160");
        }
    }

    @Test
    void itGrowsWhenThereIsMoreRoom() {
        load(2000, 10);
        places = 64;
        load(4000, 20);
        load(4000, 5);
        assertTrue(answered >= 0.9 * 5 * 4000, answered + " answered of 20000, limit " + limit.limit());
    }

    @Test
    void aSlowerServerGetsFewer() {
        load(2000, 10);
        takesNs = 50 * MS;
        load(2000, 60);
        load(2000, 20);
        assertTrue(answered >= 0.9 * 20 * 80, answered + " answered");
        assertTrue(meanMs() < 500, meanMs() + " ms");
    }

    @Test
    void aFailureLeavesItsPlace() throws Exception {
        for (int i = 0; i < 100; i++) {
            assertThrows(
                    IllegalStateException.class,
                    () -> limit.pass(() -> {
                        throw new IllegalStateException();
                    }));
        }
        assertEquals(0, limit.inFlight());
        assertEquals("done", limit.pass(() -> "done"));
    }

    @Test
    void aLimitHasALeastAndAMost() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new AdaptiveLimit.Config(3, 4, 5, 2, Duration.ZERO, Duration.ZERO, Duration.ZERO));
        int lowest = CONFIG.most();
        int ordinary = 0;
        for (int window = 0; window < 300; window++) {
            load(2000, 0.1);
            lowest = Math.min(lowest, limit.limit());
            ordinary += limit.limit() >= CONFIG.least() ? 1 : 0;
        }
        assertTrue(lowest >= 1 && lowest < CONFIG.least(), lowest + " at the lowest");
        assertTrue(ordinary >= 270, ordinary + " of 300 windows at the least or above");
    }

    @Test
    void aLookEndsThoughNobodyComes() {
        for (int window = 0; limit.limit() >= CONFIG.least(); window++) {
            assertTrue(window < 300, "no look");
            load(2000, 0.1);
        }
        nowNs += Duration.ofHours(1).toNanos();
        finish(nowNs);
        assertTrue(!limit.isFull());
        for (int i = 0; i < CONFIG.least(); i++) {
            limit.enter();
        }
        assertEquals(CONFIG.least(), limit.inFlight());
    }
}
