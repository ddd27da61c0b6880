package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.api.MovieSpec;
import dev.millrace.api.Samples;
import dev.millrace.api.log.LogListener.Place;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.Trace;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ModelMonitorTest {
    private static final Place LIVE = new Place("movies", 0, 1, true);
    private static final Place OLD = new Place("movies", 0, 0, false);

    private final ModelMonitor monitor =
            new ModelMonitor(MovieSpec.SPEC, Duration.ofMinutes(1), Duration.ofSeconds(10), 100, 100);

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

    /** Two requests: in the end as if each item's last label had been its only one. */
    @Test
    void labelsThatAreCorrectedCountAsTheLastOne() {
        Samples plain = new Samples().add("r", "a", "e", 1, 0.7f).add("r", "b", "", 0, 0.3f);
        monitor.samples(LIVE, plain.block(1), 1_000);
        ModelMonitor immediate =
                new ModelMonitor(MovieSpec.SPEC, Duration.ofMinutes(1), Duration.ofSeconds(10), 100, 100);
        Samples both = new Samples().immediate("r", "a", 0, 0, 0.7f, 1).immediate("r", "b", 0, 0, 0.3f, 1);
        immediate.samples(LIVE, both.block(1), 1_000);
        immediate.samples(LIVE, new Samples().immediate("r", "a", 1, 1, 0.7f, 1).block(1), 2_000);
        ModelMonitor late = new ModelMonitor(MovieSpec.SPEC, Duration.ofMinutes(1), Duration.ofSeconds(10), 100, 100);
        Samples negatives = new Samples().weighted("r", "a", 0, 0, 1, 0.7f).weighted("r", "b", 0, 0, 1, 0.3f);
        late.samples(LIVE, negatives.block(1), 1_000);
        Samples correction = new Samples().weighted("r", "a", 1, 0, -1, 0.7f).weighted("r", "a", 2, 1, 1, 0.7f);
        late.samples(LIVE, correction.block(1), 2_000);
        assertEquals(monitor.total(20_000).toString(), immediate.total(20_000).toString());
        assertEquals(monitor.total(20_000).toString(), late.total(20_000).toString());
        assertEquals(1.0, late.total(20_000).impressionAuc());
    }

    @Test
    void everyHeadIsWatched() {
        ModelMonitor heads =
                new ModelMonitor(HeadWorld.SPEC, Duration.ofMinutes(1), Duration.ofSeconds(10), 100_000, 100);
        HeadWorld world = new HeadWorld(7);
        for (int b = 0; b < 20; b++) {
            heads.samples(LIVE, world.block(10, HeadWorld.NOW), 1_000L + b);
        }
        var qualities = heads.heads(20_000);
        assertEquals(java.util.List.of("click", "like", "watch"), java.util.List.copyOf(qualities.keySet()));
        var like = Objects.requireNonNull(qualities.get("like"));
        var watch = Objects.requireNonNull(qualities.get("watch"));
        world.assertRight(like.total(), watch.total());
        world.assertRight(like.recent(), watch.recent());
        assertEquals(
                heads.total(20_000).toString(),
                Objects.requireNonNull(qualities.get("click")).total().toString());
    }

    @Test
    void aNegativeThatWasKeptStandsForThoseThatWereNot() {
        Samples samples = new Samples().immediate("r", "b", 0, 0, 0.2f, 0.25f);
        monitor.samples(LIVE, samples.block(1), 1_000);
        Samples positive = new Samples().immediate("r", "a", 1, 1, 0.2f, 0.25f);
        monitor.samples(LIVE, positive.block(1), 1_000);
        // Four that were shown like b, less the one that a positive came for; calibration Σp / Σy.
        Double calibration = monitor.total(1_000).calibration();
        assertEquals(0.2 * 4, Objects.requireNonNull(calibration), 1e-6);
    }

    @Test
    void onlySoManyRequestsAreAwaited() {
        ModelMonitor small = new ModelMonitor(MovieSpec.SPEC, Duration.ofMinutes(1), Duration.ofSeconds(10), 100, 2);
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
