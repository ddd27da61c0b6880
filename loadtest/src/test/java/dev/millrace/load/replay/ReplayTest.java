package dev.millrace.load.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.load.client.ClientException;
import dev.millrace.load.console.Screen;
import dev.millrace.load.data.Dataset;
import dev.millrace.load.report.Report;
import dev.millrace.load.standin.StandIn;
import dev.millrace.load.standin.StandIn.Call;
import dev.millrace.load.standin.StandIn.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private StandIn server;

    @BeforeEach
    void start() throws IOException {
        server = new StandIn(Duration.ofMinutes(1));
        StringBuilder behaviors = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            behaviors.append(String.format(
                    "%d\tU%d\t11/9/2019 9:%02d:00 AM\tN1\tN1-%d N2-%d N3-0\n", i, i % 8, i, i % 2, i % 3 == 0 ? 1 : 0));
        }
        Files.writeString(folder.resolve("behaviors.tsv"), behaviors);
        server.score = (user, item) -> item.equals("N1") ? 0.75 : item.equals("N2") ? 0.5 : 0.25;
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private ReplayOptions.Builder options() {
        return ReplayOptions.builder(server.uri(), "demo", Dataset.MIND, folder)
                .users(3)
                .quiet(Duration.ofMillis(50))
                .patience(Duration.ofSeconds(20))
                .traceGrace(Duration.ofMillis(300))
                .settle(Duration.ofSeconds(10))
                .run("t");
    }

    private Report run(ReplayOptions options) throws InterruptedException {
        Screen screen = new Screen(new PrintStream(printed, true, StandardCharsets.UTF_8), false, Duration.ZERO);
        return Replay.run(options, screen, Clock.systemUTC());
    }

    @Test
    void playsEveryoneInOrderAndAccountsForEverySample() throws Exception {
        Path predictions = folder.resolve("p.csv");
        Path file = folder.resolve("r.json");
        Report report = run(options().predictions(predictions).report(file).build());

        assertTrue(report.exact(), report::text);
        assertEquals(40, report.requests());
        assertEquals(20 + 14, report.events());
        assertEquals(120, report.samplesLearned());
        assertEquals(report.json(), Files.readString(file));
        assertEquals(8, server.calls("PUT", "/v1/users").size());
        assertTrue(report.quality().impressionAuc() > 0.5);

        List<String> rows = Files.readAllLines(predictions);
        assertEquals(121, rows.size());
        assertEquals("requestId,user,item,score,label,sentMs,receivedMs,actionMs,servedMs", rows.getFirst());
        List<String> clicked = rows.stream()
                .filter(row -> row.startsWith("t-i3,U3,N1,0.75,1,"))
                .toList();
        assertEquals(1, clicked.size());
        String[] cells = clicked.getFirst().split(",", -1);
        for (int i = 6; i < 9; i++) {
            assertTrue(Long.parseLong(cells[i]) >= Long.parseLong(cells[i - 1]), clicked.getFirst());
        }
        assertTrue(rows.stream().anyMatch(row -> row.matches("t-i3,U3,N3,0.25,0,\\d+,\\d+,,")));
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("40/40"));
        assertOneByOne();
    }

    /** A user's requests come in their order, and users in the order of their first, three at a time. */
    private void assertOneByOne() {
        List<Call> ranks = server.calls("POST", "/v1/models");
        for (int user = 0; user < 8; user++) {
            String name = "U" + user;
            List<Integer> impressions = ranks.stream()
                    .filter(call -> call.body().path("user").asText().equals(name))
                    .map(call -> Integer.parseInt(
                            call.body().path("requestId").asText().substring(3)))
                    .toList();
            assertEquals(impressions.stream().sorted().toList(), impressions);
            assertEquals(5, impressions.size());
        }
        List<String> users =
                ranks.stream().map(call -> call.body().path("user").asText()).toList();
        assertEquals(
                List.of("U0", "U1", "U2"),
                users.stream().distinct().limit(3).sorted().toList());
        assertTrue(users.indexOf("U7") > users.lastIndexOf("U0"));
    }

    @Test
    void lostAnswersAndBusyServersChangeNothingButTheRetries() throws InterruptedException {
        server.faults = (method, path, attempt) -> attempt > 1
                ? Fault.NONE
                : method.equals("POST") ? Fault.ANSWER_LOST : path.contains("/events/") ? Fault.BUSY : Fault.NONE;
        Report report = run(options().build());
        assertTrue(report.exact(), report::text);
        assertTrue(report.retries() >= 40 + 34, report::text);
        assertEquals(34, report.events());
    }

    @Test
    void whatTheServerLearnsTwiceIsDuplicated() throws InterruptedException {
        server.faults = (method, path, attempt) -> Fault.DOUBLE;
        Report report = run(options().build());
        assertEquals(34, report.duplicated());
        assertFalse(report.exact());
    }

    @Test
    void whatTheServerForgetsIsUntracedAndNeverPostedAgain() throws InterruptedException {
        server.faults = (method, path, attempt) -> path.equals("/v1/events") ? Fault.FORGET : Fault.NONE;
        Report report = run(options().limit(2).build());
        assertEquals(2, report.untraced());
        assertFalse(report.exact(), "two clicks became negatives, and the sums agree");
        assertEquals(2, server.calls("POST", "/v1/events").size());
    }

    @Test
    void lateActionsAreLost() throws InterruptedException {
        server.window = Duration.ofMillis(20);
        Report report = run(options().limit(2).delay(Duration.ofMillis(60)).build());
        assertEquals(2, report.lost());
        assertEquals(6, report.samplesLearned());
        assertEquals(0, report.untraced());
    }

    @Test
    void actionsWithoutALabelAreSentAndNotWaitedFor() throws InterruptedException {
        server.labels = java.util.Set.of();
        Report report = run(options().labels(Map.of("like", 1.0)).limit(6).build());
        assertTrue(report.exact(), report::text);
        assertEquals(0, server.calls("GET", "/v1/events/").size());
        assertEquals(5, report.events());
        assertTrue(printed.toString(StandardCharsets.UTF_8).contains("5 events of type 'click' count for nothing"));
    }

    @Test
    void aRefusalEndsTheReplayWithTheServersWords() {
        var options =
                ReplayOptions.builder(server.uri(), "dmo", Dataset.MIND, folder).build();
        var refused = assertThrows(ClientException.Refused.class, () -> run(options));
        assertTrue(refused.toString().contains("no such model"));
    }

    @Test
    void optionsAreValidated() {
        assertThrows(IllegalArgumentException.class, () -> options().users(0).build());
        assertThrows(IllegalArgumentException.class, () -> options().limit(0).build());
        assertThrows(
                IllegalArgumentException.class,
                () -> options().labels(Map.of("x", 2.0)).build());
    }
}
