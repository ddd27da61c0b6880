package dev.millrace.load.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.load.console.Screen;
import dev.millrace.load.report.Latencies.Percentiles;
import dev.millrace.load.standin.StandIn;
import dev.millrace.load.standin.StandIn.Call;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DemoTest {
    private static DemoOptions options(URI uri) {
        return DemoOptions.of(uri).withWorld(30, 40, 9).withLoad(8, 400).withDuration(Duration.ofMillis(1500));
    }

    @Test
    void playersRankAndClickWhatTheyLike() throws Exception {
        try (StandIn server = new StandIn(Duration.ofMinutes(1))) {
            Instant standing = Instant.ofEpochSecond(1_700_000_000);
            World world = new World(30, 40, Duration.ofMinutes(30).toNanos() / 1e9, 9);
            // Ranks as the hidden tastes would: the best that can be learned.
            server.score = (user, item) -> world.click(
                    Integer.parseInt(user.substring(1)),
                    Integer.parseInt(item.substring(1)),
                    0,
                    standing.getEpochSecond());
            List<DemoSnapshot> heard = new ArrayList<>();
            DemoResult result = new Demo(options(server.uri()), Clock.fixed(standing, ZoneOffset.UTC)).run(heard::add);

            DemoSnapshot last = result.last();
            assertTrue(heard.size() >= 2);
            assertTrue(last.requests() > 20, result::text);
            assertTrue(last.learnedShare() > 0.8, result::text);
            assertTrue(last.clicks() > 0 && last.freshnessMs().p50() > 0, result::text);
            assertEquals(0, last.untraced());
            assertEquals(30, server.calls("PUT", "/v1/users").size());
            assertEquals(40, server.calls("PUT", "/v1/items").size());
            assertRequests(server.calls("POST", "/v1/models/demo/rank"));
        }
    }

    private static void assertRequests(List<Call> ranks) {
        Set<String> ids = ranks.stream()
                .map(call -> call.body().path("requestId").asText())
                .collect(Collectors.toSet());
        assertEquals(ranks.size(), ids.size());
        for (Call call : ranks) {
            Set<String> items = new java.util.HashSet<>();
            call.body()
                    .path("candidates")
                    .forEach(one -> items.add(one.path("item").asText()));
            assertEquals(20, items.size());
            assertEquals(10, call.body().path("limit").asInt());
            assertTrue(World.DEVICES.contains(
                    call.body().path("context").path("device").asText()));
        }
    }

    @Test
    void stopEndsARunWithoutADuration() throws IOException, InterruptedException {
        try (StandIn server = new StandIn(Duration.ofMinutes(1))) {
            Demo demo = new Demo(options(server.uri()).withDuration(null), Clock.systemUTC());
            DemoResult result = demo.run(snapshot -> demo.stop());
            assertTrue(result.last().elapsed().compareTo(Duration.ofSeconds(5)) < 0);
            assertTrue(result.last().requests() > 0);
        }
    }

    @Test
    void theTableIsDrawnInPlaceOrAsALine() {
        Percentiles ms = new Percentiles(143, 320);
        DemoSnapshot snapshot = new DemoSnapshot(
                Duration.ofSeconds(102), 4080, 900, 40, 0.22, 0.71, ms, ms, 0.31, 0.12, 0.42, 0, 0, 4000, 40_800);
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        DemoTable table = new DemoTable(
                new Screen(new PrintStream(plain, true, StandardCharsets.UTF_8), false, Duration.ofHours(1)), "here");
        table.snapshot(snapshot);
        table.snapshot(snapshot);
        assertEquals(
                "1:42  4,080 requests  40/s  AUC 0.710  click rate of the top item: random 12.0 % -> now 31.0 %"
                        + " (best possible 42.0 %)  fresh p50 143 p99 320 ms  version 4000\n",
                plain.toString(StandardCharsets.UTF_8));

        ByteArrayOutputStream drawn = new ByteArrayOutputStream();
        table = new DemoTable(
                new Screen(new PrintStream(drawn, true, StandardCharsets.UTF_8), true, Duration.ZERO), "here");
        table.snapshot(snapshot);
        table.snapshot(snapshot);
        String text = drawn.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("\u001b[10F"), "goes up by the ten lines of the table");
        assertTrue(text.contains("63 %"), text);
    }

    @Test
    void optionsAreValidated() {
        DemoOptions valid = DemoOptions.of(URI.create("http://localhost"));
        assertThrows(IllegalArgumentException.class, () -> valid.withLoad(0, 1));
        assertThrows(IllegalArgumentException.class, () -> valid.withWorld(10, 5, 1));
        assertThrows(IllegalArgumentException.class, () -> valid.withDuration(Duration.ZERO));
    }
}
