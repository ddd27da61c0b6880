package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.api.Samples;
import dev.millrace.api.log.LogListener.Place;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.Trace;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ModelMonitorTest {
    private static final Place LIVE = new Place("movies", 0, 1, true);
    private static final Place OLD = new Place("movies", 0, 0, false);

    private final ModelMonitor monitor = new ModelMonitor(Duration.ofMinutes(1), Duration.ofSeconds(10), 100, 100);

    @Test
    void aSampleThatComesAgainCountsOnce() {
        monitor.samples(LIVE, new Samples().add("r", "a", "e", 1, 0.7f).block(1), 1_000);
        monitor.samples(LIVE, new Samples().add("r", "a", "e", 1, 0.7f).block(1), 1_001);
        assertEquals(1, monitor.total(1_002).samples());
        assertEquals(1, monitor.samples().total());
    }

    @Test
    void whatStoodOnTheLogBeforeTheStartDoesNotCount() {
        monitor.samples(OLD, new Samples().add("r", "a", "e", 1, 0.7f).block(1), 1_000);
        monitor.samples(LIVE, new Samples().add("r", "a", "e", 1, 0.7f).block(1), 1_001);
        assertEquals(0, monitor.total(1_002).samples());
    }

    @Test
    void aRequestsAucIsToldWhenItsLabelsMustHaveCome() {
        monitor.samples(LIVE, new Samples().add("r", "a", "e", 1, 0.7f).block(1), 1_000);
        monitor.samples(
                LIVE,
                new Samples()
                        .add("r", "b", "", 0, 0.8f)
                        .add("r", "c", "", 0, 0.7f)
                        .add("r", "d", "", 0, 0.1f)
                        .block(1),
                6_000);
        monitor.samples(LIVE, new Samples().add("q", "a", "f", 1, 0.7f).block(1), 6_000);
        assertNull(monitor.total(10_999).impressionAuc());
        assertEquals(0.5, monitor.total(11_000).impressionAuc());
        assertEquals(1, monitor.total(60_000).impressions(), "a request with one label has no AUC");
    }

    @Test
    void onlySoManyRequestsAreAwaited() {
        ModelMonitor small = new ModelMonitor(Duration.ofMinutes(1), Duration.ofSeconds(10), 100, 2);
        for (String request : new String[] {"r1", "r2", "r3"}) {
            Samples samples = new Samples().add(request, "a", "e", 1, 0.7f).add(request, "b", "", 0, 0.3f);
            small.samples(LIVE, samples.block(1), 1_000);
        }
        assertEquals(1, small.total(1_000).impressions());
    }

    @Test
    void anEmptyBlockMovesTimeAndCountsNothing() {
        monitor.samples(
                LIVE,
                new Samples()
                        .add("r", "a", "e", 1, 0.7f)
                        .add("r", "b", "", 0, 0.3f)
                        .block(1),
                1_000);
        monitor.samples(LIVE, new Samples().block(1), 11_000);
        assertEquals(2, monitor.total(11_000).samples());
        assertEquals(1, monitor.total(11_000).impressions());
    }

    @Test
    void freshnessIsToldByStage() {
        monitor.finished(new Trace(Status.SERVED, 1_000, 1_040, 1_060, 1_090, 7), 1_100);
        assertEquals(40.0, median(FreshnessStage.JOIN), 0.5);
        assertEquals(20.0, median(FreshnessStage.LEARN), 0.5);
        assertEquals(30.0, median(FreshnessStage.SERVE), 0.5);
        assertEquals(90.0, median(FreshnessStage.TOTAL), 1);
        assertNull(monitor.freshness(FreshnessStage.TOTAL, 100_000).p50());
    }

    private double median(FreshnessStage stage) {
        Double p50 = monitor.freshness(stage, 1_200).p50();
        return p50 == null ? Double.NaN : p50;
    }

    @Test
    void ratesLookAtWholeSeconds() {
        for (int i = 0; i < 100; i++) {
            monitor.ranked(10, 1_000 + i * 100L);
        }
        assertEquals(10.0, monitor.ranks().perSecond(10_500));
        assertEquals(100.0, monitor.candidates().perSecond(10_500));
        assertEquals(0.0, monitor.ranks().perSecond(30_000));
        assertEquals(100, monitor.ranks().total());
    }
}
