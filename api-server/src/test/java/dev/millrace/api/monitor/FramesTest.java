package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.monitor.quality.Quality;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

class FramesTest {
    private final AtomicLong nowMs = new AtomicLong(1_000);
    private final Frames frames = frames();

    private Frames frames() {
        return new Frames(new Frames.Config(Duration.ofHours(1), 3), List.of("movies"), m -> snapshot());
    }

    @AfterEach
    void close() {
        frames.close();
    }

    private void make(long... times) {
        for (long time : times) {
            nowMs.set(time);
            frames.make();
        }
    }

    private List<Long> ids(long after) {
        return frames.after("movies", after).stream().map(Frames.Frame::id).toList();
    }

    @Test
    void keepsTheLastAndGivesWhatIsBehindAnId() {
        assertEquals(List.of(), ids(0));
        assertEquals(0, frames.beforeNewest("movies"));
        make(1_000, 2_000, 3_000, 4_000);
        assertEquals(List.of(2_000L, 3_000L, 4_000L), ids(0), "the oldest made room");
        assertEquals(List.of(4_000L), ids(3_000));
        assertEquals(List.of(), ids(4_000));
        assertEquals(List.of(4_000L), ids(frames.beforeNewest("movies")));
    }

    @Test
    void idsGrowThoughTheClockStandsOrGoesBack() {
        make(1_000, 1_000, 500);
        assertEquals(List.of(1_000L, 1_001L, 1_002L), ids(0));
    }

    @Test
    void aStreamBeginsWithWhatWasMissedAndGoesOn() {
        make(1_000, 2_000, 3_000);
        List<Long> seen = new CopyOnWriteArrayList<>();
        var open = Flux.from(frames.stream("movies", 1_000)).subscribe(frame -> seen.add(frame.id()));
        assertEquals(List.of(2_000L, 3_000L), seen);
        make(4_000);
        assertEquals(List.of(2_000L, 3_000L, 4_000L), seen);
        open.dispose();
        make(5_000);
        assertEquals(3, seen.size());
    }

    @Test
    void whoReadsSlowlyGetsWhatCameMeanwhile() {
        make(1_000);
        List<Long> seen = new CopyOnWriteArrayList<>();
        var slow = new BaseSubscriber<Frames.Frame>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(Frames.Frame frame) {
                seen.add(frame.id());
            }
        };
        frames.stream("movies", 0).subscribe(slow);
        make(2_000, 3_000, 4_000);
        for (int i = 0; i < 10; i++) {
            slow.request(1);
        }
        slow.cancel();
        assertEquals(List.of(1_000L, 2_000L, 3_000L, 4_000L), seen, "each once, in order");
    }

    /** One of which nothing but the time counts. */
    private MonitorSnapshot snapshot() {
        var none = new MonitorSnapshot.Quantiles(null, null);
        var quality = new Quality(0, 0, null, null, null, null, null, null, 0);
        var gain = new Gain(0, null, null, null, null);
        return new MonitorSnapshot(
                nowMs.get(),
                "movies",
                0,
                0,
                0,
                null,
                null,
                null,
                true,
                new MonitorSnapshot.Rates(0, 0, 0, 0),
                new MonitorSnapshot.Qualities(quality, quality),
                Map.of(),
                new Baseline.View("popularity", gain, gain),
                MonitorSnapshot.Store.of(null),
                none,
                new MonitorSnapshot.Freshness(null, null, Map.of()),
                Map.of(),
                0,
                0,
                null,
                null);
    }
}
