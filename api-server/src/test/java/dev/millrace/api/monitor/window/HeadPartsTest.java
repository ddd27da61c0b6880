package dev.millrace.api.monitor.window;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.HandClock;
import dev.millrace.api.monitor.HeadWorld;
import dev.millrace.api.monitor.quality.Quality;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

/** Windows of every head, beside those of the whole traffic, which are the first one's. */
class HeadPartsTest {
    private static final WindowModels MODELS =
            new WindowModels(List.of(FixedWeights.of(HeadWorld.SPEC)), WindowConfig.DEFAULT);

    private final HandClock clock = new HandClock(HeadWorld.NOW);
    private final Windows windows = new Windows((model, sequence) -> sequence, 1, clock);
    private final TaskWindows task = new TaskWindows(MODELS, WindowConfig.DEFAULT, windows.versions());

    private Quality quality(TaskWindows of, String part) {
        WindowSums sums = new WindowSums();
        of.read("shop", part, Length.MINUTE, clock.millis(), sums);
        return sums.quality.quality();
    }

    @Test
    void everyHeadHasAPartOfItsOwn() {
        HeadWorld world = new HeadWorld(3);
        for (int b = 0; b < 50; b++) {
            task.samples("shop", world.block(10, HeadWorld.NOW - 20_000 + b * 10));
        }
        Quality all = quality(task, BucketKey.ALL);
        assertEquals(all.toString(), quality(task, "head=click").toString(), "the whole is the first head's");
        world.assertRight(quality(task, "head=like"), quality(task, "head=watch"));
        assertTrue(all.samples() > 0);
        Set<String> parts = new java.util.TreeSet<>();
        task.parts("shop", Length.MINUTE, 0, parts);
        assertTrue(parts.containsAll(HeadParts.names(HeadWorld.SPEC)), parts.toString());
    }

    /** Requests that are open when the task moves go on where it comes to. */
    @Test
    void whatIsKeptGoesOnElsewhere() {
        HeadWorld world = new HeadWorld(5);
        Map<Bytes, byte[]> kept = new HashMap<>();
        task.samples("shop", world.block(40, HeadWorld.NOW - 20_000));
        task.flush((key, value) -> kept.put(Bytes.wrap(key), value));
        TaskWindows other = new TaskWindows(MODELS, WindowConfig.DEFAULT, windows.versions());
        kept.forEach((key, value) -> other.restore(key.get(), value));
        for (TaskWindows each : List.of(task, other)) {
            assertNull(quality(each, "head=like").impressionAuc(), "not told yet");
            each.samples("shop", HeadWorld.empty(HeadWorld.NOW));
            assertNotNull(quality(each, "head=like").impressionAuc());
        }
        assertEquals(
                quality(task, "head=like").toString(),
                quality(other, "head=like").toString());
        assertNotEquals(
                quality(task, "head=click").toString(),
                quality(task, "head=like").toString());
    }

    @Test
    void everyHeadHasGauges() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        WindowMeters.bind(registry, windows, List.of(HeadWorld.SPEC), Map.of());
        for (String head : List.of("click", "like", "watch")) {
            assertNotNull(registry.find("millrace.window.calibration")
                    .tag("part", "head=" + head)
                    .gauge());
        }
    }
}
