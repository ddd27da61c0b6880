package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.HandClock;
import dev.millrace.ps.serve.ServedVersion;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearningLagTest {
    private final HandClock clock = new HandClock(100_000);
    private final FixedWeights weights = new FixedWeights();
    private final LearningLag lag = new LearningLag(Map.of("movies", weights), clock, Duration.ofSeconds(30));

    private static ServedVersion version(long watermarkMs) {
        return new ServedVersion(1, 0, 0, watermarkMs, Map.of(), 0, 0, 0, 0);
    }

    @Test
    void lagIsTheTimeSinceTheWatermark() {
        assertEquals(700L, LearningLag.lagMs(version(99_300), 100_000));
        assertNull(LearningLag.lagMs(ServedVersion.NONE, 100_000));
        assertNull(LearningLag.lagMs(version(0), 100_000));
    }

    @Test
    void healthSaysWhenLearningStandsStill() {
        assertEquals(Map.of("model movies", "nothing learned yet"), lag.states());
        weights.apply(version(99_300));
        assertEquals(Map.of("model movies", "learning, up to 700 ms ago"), lag.states());
        clock.advance(29_300);
        assertEquals(Map.of("model movies", "learning, up to 30000 ms ago"), lag.states());
        clock.advance(1);
        assertEquals(
                Map.of("model movies", "learning stands still: its weights have learned up to 30001 ms ago"),
                lag.states());
    }
}
