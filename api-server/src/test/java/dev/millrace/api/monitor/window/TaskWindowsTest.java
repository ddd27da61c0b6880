package dev.millrace.api.monitor.window;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.FixedWeights;
import dev.millrace.api.HandClock;
import dev.millrace.api.monitor.quality.ImpressionGroups;
import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.ingest.feature.EncodedEnvelope;
import dev.millrace.ingest.sample.SampleBlock;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class TaskWindowsTest {
    private static final long NOW = 1_700_000_000_000L;

    private final HandClock clock = new HandClock(NOW);
    private final Windows windows = new Windows((model, sequence) -> sequence, 1, clock);
    private final TaskWindows task = task();

    private TaskWindows task() {
        return new TaskWindows(WindowWorld.MODELS, WindowWorld.CONFIG, windows.versions());
    }

    private static List<SampleBlock> log(long seed, int blocks) {
        WindowWorld world = new WindowWorld(seed);
        List<SampleBlock> log = new ArrayList<>();
        for (int b = 0; b < blocks; b++) {
            log.add(world.block(50, NOW - (blocks - b) * 100L));
        }
        return log;
    }

    @Test
    void aWindowsAucIsThatOfItsScores() {
        for (long seed = 1; seed <= 3; seed++) {
            TaskWindows one = task();
            FloatArrayList positives = new FloatArrayList();
            FloatArrayList negatives = new FloatArrayList();
            for (SampleBlock block : log(seed, 80)) {
                one.samples("shop", block);
                for (int i = 0; i < block.size(); i++) {
                    (block.label(i) > 0 ? positives : negatives).add(block.servedScore(i));
                }
            }
            double exact = ImpressionGroups.auc(positives, negatives);
            WindowSums minute = read(one, BucketKey.ALL, Length.MINUTE);
            assertEquals(20_000, minute.quality.quality().samples());
            assertEquals(exact, Objects.requireNonNull(minute.quality.quality().auc()), 0.002, "seed " + seed);
            assertTrue(exact > 0.6 && exact < 0.95, "skewed, but not trivial: " + exact);
        }
    }

    private WindowSums read(TaskWindows of, String part, Length length) {
        WindowSums sums = new WindowSums();
        of.read("shop", part, length, clock.millis(), sums);
        return sums;
    }

    @Test
    void segmentsAndVersionsAddUpToAll() {
        log(4, 60).forEach(block -> task.samples("shop", block));
        windows.add(0, task);
        Set<String> parts = windows.parts("shop", Length.HOUR);
        assertEquals(
                Set.of(
                        "all",
                        "user.country=DE",
                        "user.country=FR",
                        "user.country=other",
                        "version=1",
                        "version=2",
                        "version=3",
                        "version=4"),
                parts);
        for (String prefix : List.of("user.country=", "version=")) {
            QualityStats together = new QualityStats();
            parts.stream()
                    .filter(p -> p.startsWith(prefix))
                    .forEach(p ->
                            together.merge(windows.sums("shop", p, Length.HOUR).quality()));
            assertEquals(
                    windows.sums("shop", "all", Length.HOUR).quality().quality().samples(),
                    together.quality().samples());
            assertEquals(
                    windows.sums("shop", "all", Length.HOUR).quality().quality().logLoss(),
                    together.quality().logLoss());
        }
        Long absent = windows.view("shop", "all", Length.HOUR, false).outcomes().get("absent");
        assertTrue(absent != null && absent > 10_000, "outcomes " + absent);
    }

    @Test
    void twoInstancesWindowsMergeToThoseOfOne() {
        TaskWindows left = task();
        TaskWindows right = task();
        List<SampleBlock> log = log(5, 40);
        for (int b = 0; b < log.size(); b++) {
            task.samples("shop", log.get(b));
            (b % 3 == 0 ? left : right).samples("shop", log.get(b));
        }
        for (Length length : Length.values()) {
            for (String part : List.of("all", "user.country=DE", "version=1")) {
                WindowSums merged = WindowSums.of(read(left, part, length).toBytes());
                merged.merge(WindowSums.of(read(right, part, length).toBytes()));
                assertEquals(read(task, part, length), merged, part + " " + length);
            }
        }
    }

    @Test
    void whatWasKeptGoesOnAsIfNothingHadBeen() {
        Map<Bytes, byte[]> kept = new HashMap<>();
        List<SampleBlock> log = log(6, 60);
        log.forEach(block -> task.samples("shop", block));
        TaskWindows before = task();
        for (int b = 0; b < 30; b++) {
            before.samples("shop", log.get(b));
            if (b % 7 == 0) {
                keep(before, kept);
            }
        }
        keep(before, kept);
        TaskWindows after = task();
        kept.forEach((key, value) -> after.restore(key.get(), value));
        // The join sends again what it does not know to have sent.
        log.subList(20, 60).forEach(block -> after.samples("shop", block));
        task.samples("shop", emptyBlock());
        after.samples("shop", emptyBlock());
        for (Length length : Length.values()) {
            WindowSums expected = read(task, "all", length);
            WindowSums found = read(after, "all", length);
            assertEquals(expected.quality(), found.quality(), length.label());
        }
        WindowSums hour = read(after, "all", Length.HOUR);
        assertEquals(10 * 250, hour.outcomes[Outcome.REPEATED.ordinal()]);
        assertTrue(hour.quality.quality().impressions() > 100, hour.toString());
    }

    private static void keep(TaskWindows of, Map<Bytes, byte[]> kept) {
        of.flush((key, value) -> {
            if (value == null) {
                kept.remove(Bytes.wrap(key));
            } else {
                kept.put(Bytes.wrap(key), value);
            }
        });
    }

    /** Time goes on, and every request's labels have come. */
    private static SampleBlock emptyBlock() {
        return new WindowWorld(0).block(0, NOW + 60_000);
    }

    @Test
    void aWindowForgetsAndSoDoesTheState() {
        log(7, 20).forEach(block -> task.samples("shop", block));
        clock.advance(30_000);
        assertEquals(0, read(task, "all", Length.TEN_SECONDS).quality.quality().samples());
        assertEquals(5_000, read(task, "all", Length.MINUTE).quality.quality().samples());
        Map<Bytes, byte[]> kept = new HashMap<>();
        keep(task, kept);
        int full = kept.size();
        task.samples("shop", new WindowWorld(8).block(1, NOW + 30L * 86_400_000));
        keep(task, kept);
        assertTrue(kept.size() < full, full + " rows, then " + kept.size());
    }

    @Test
    void whatIsServedOtherwiseThanBeforeDrifts() {
        WindowWorld world = new WindowWorld(9);
        Drift drift = new Drift(WindowWorld.SPEC, FixedWeights.of(WindowWorld.SPEC), 8);
        for (int i = 0; i < 200; i++) {
            long timeMs = NOW - 1_800_000 + i * 1_000L;
            look(drift, world.impression("a" + i, 10, 0, timeMs), timeMs);
        }
        windows.add(0, task);
        for (int i = 0; i < 20; i++) {
            look(drift, world.impression("b" + i, 10, 0, NOW - 1_000), NOW - 1_000);
        }
        WindowView.Drift same = Objects.requireNonNull(
                windows.view("shop", "all", Length.MINUTE, true).drift());
        assertTrue(Objects.requireNonNull(same.prediction().psi()) < 0.1, same.toString());
        assertTrue(psi(same, "price") < 0.1, same.toString());
        clock.advance(60_000);
        for (int i = 0; i < 20; i++) {
            look(drift, world.impression("c" + i, 60, 0.25, NOW + 59_000), NOW + 59_000);
        }
        WindowView.Drift other = Objects.requireNonNull(
                windows.view("shop", "all", Length.MINUTE, true).drift());
        assertTrue(Objects.requireNonNull(other.prediction().psi()) > 0.25, other.toString());
        assertTrue(psi(other, "price") > 0.25, other.toString());
        WindowView.SlotDrift price = Objects.requireNonNull(other.slots().get("price"));
        assertEquals(0.25, Objects.requireNonNull(price.nullRate()), 0.12, price.toString());
        WindowView.SlotDrift country = Objects.requireNonNull(other.slots().get("country"));
        assertEquals(1.0, country.nullRate(), "nobody has a country");
        assertEquals("price", windows.summary("shop", "all", Length.MINUTE).worstSlot());
    }

    private void look(Drift drift, byte[] envelope, long timeMs) {
        task.impression(
                "shop", timeMs, drift.look(EncodedEnvelope.impression(envelope).orElseThrow()));
    }

    private static double psi(WindowView.Drift drift, String slot) {
        return Objects.requireNonNull(
                Objects.requireNonNull(drift.slots().get(slot)).psi());
    }

    @Test
    void sumsOfVersionOneAreRead() throws IOException {
        WindowSums sums = new WindowSums();
        sums.quality.add(0.25f, 1, 1);
        sums.quality.add(0.01f, 0, 40);
        sums.quality.addImpression(0.75);
        sums.outcomes[Outcome.LATE.ordinal()] = 3;
        sums.impressions = 2;
        sums.shown.add(0.5, false, 1);
        SlotSums slot = sums.slot("price");
        slot.looked = 2;
        slot.nulls = 1;
        slot.number(3.5f);
        try (InputStream in = getClass().getResourceAsStream("/window-sums-v1.bin")) {
            byte[] fossil = Objects.requireNonNull(in, "window-sums-v1.bin").readAllBytes();
            assertEquals(sums, WindowSums.of(fossil));
            assertArrayEquals(fossil, sums.toBytes());
            fossil[0] = 9;
            assertThrows(IllegalArgumentException.class, () -> WindowSums.of(fossil));
        }
    }

    @Test
    void aSegmentThatNoSampleTellsIsRefused() {
        WindowConfig config = WindowConfig.DEFAULT.withSegments(Map.of("user.city", List.of("Oslo")));
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> new WindowModels(List.of(FixedWeights.of(WindowWorld.SPEC)), config));
        assertTrue(String.valueOf(refused.getMessage()).contains("user.city"), refused.toString());
        assertThrows(
                IllegalArgumentException.class,
                () -> WindowConfig.DEFAULT.withSegments(Map.of("country", List.of("DE"))));
    }
}
