package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.canary.Canaries;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.window.VersionNumbers;
import dev.millrace.api.monitor.window.Windows;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ps.serve.ServedVersion;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GrowthTest {
    @Test
    void growsByWhatIsLearnedAndNeverFalls() {
        Growth growth = new Growth(10);
        growth.to(15);
        assertEquals(15, growth.total());
        growth.to(3);
        assertEquals(15, growth.total(), "gone back to an older version");
        growth.to(5);
        assertEquals(17, growth.total());
    }

    @Test
    void aRollbackLowersTheGaugeAndNotTheCounter() {
        FixedWeights weights = new FixedWeights();
        weights.apply(version(1, 100));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Monitor monitor = new Monitor(
                List.of(weights.spec()),
                new Monitor.Config(Duration.ofMinutes(1), Duration.ofSeconds(5), 10, 10, true),
                Clock.systemUTC());
        Snapshots none = new Snapshots(
                Map.of(),
                monitor,
                new TraceIndex(10, monitor),
                new Readiness(Map::of, Tail.NONE, Clock.systemUTC(), Duration.ofSeconds(1), Duration.ofSeconds(1)),
                new Windows(VersionNumbers.NONE, 0, Clock.systemUTC()),
                new Canaries(List.of(), CanaryConfig.OFF, Clock.systemUTC()),
                Clock.systemUTC());
        new MonitorMeters(registry, Clock.systemUTC())
                .bind(Map.of("movies", weights), monitor, none, new ErrorCounts());
        weights.apply(version(2, 40));
        weights.apply(version(3, 50));
        double learned =
                registry.get("millrace.samples.learned").functionCounter().count();
        assertEquals(110, learned);
        assertEquals(50, registry.get("millrace.model.samples").gauge().value());
        assertTrue(learned > 50);
    }

    private static ServedVersion version(long sequence, long samples) {
        return new ServedVersion(sequence, 1, 1, 1, Map.of(), samples, 0, 0, 1);
    }
}
