package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.log.LogListener.Place;
import dev.millrace.api.trace.Trace;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ps.serve.ServedVersion;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApiBeansTest {
    private static ServedVersion version(long sequence, long offset) {
        return new ServedVersion(sequence, 1000 + sequence, 2000 + sequence, 0, Map.of(0, offset), 0, 0, 0, 0);
    }

    @Test
    void noDeltaFallsBetweenReadingTheVersionAndListening() {
        FixedWeights weights = new FixedWeights();
        weights.apply(version(4, 5));
        MemoryLog log = new MemoryLog();
        var wiring = new Wiring(
                Map.of("movies", weights), new MemoryProfiles(), Map.of(), log, log::tail, Clock.systemUTC());
        ApiBeans beans = new ApiBeans(ApiConfig.of("nowhere:1"), wiring);
        // The replica applies a delta on its own thread just after its version was read.
        weights.afterVersionRead = () -> weights.apply(version(5, 8));
        TraceIndex index = beans.traces(beans.monitor());
        weights.apply(version(6, 20));
        index.joined(1, new Place("movies", 0, 7, true), 200);
        index.joined(2, new Place("movies", 0, 9, true), 200);
        assertEquals(1006, index.find(2).map(Trace::learnedMs).orElseThrow());
        // Not known exactly, as 5 was told before 4; but nothing later than 5 is claimed to have been the first.
        assertEquals(0, index.find(1).map(Trace::learnedMs).orElseThrow());
    }
}
