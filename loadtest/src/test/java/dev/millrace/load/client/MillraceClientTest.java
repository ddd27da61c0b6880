package dev.millrace.load.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.load.standin.StandIn;
import dev.millrace.load.standin.StandIn.Call;
import dev.millrace.load.standin.StandIn.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MillraceClientTest {
    private static final Patience SHORT =
            new Patience(Duration.ofSeconds(5), Duration.ofMillis(5), Duration.ofMillis(20));

    private StandIn server;
    private MillraceClient client;

    @BeforeEach
    void start() throws IOException {
        server = new StandIn(Duration.ofMinutes(1));
        client = new MillraceClient(server.uri(), SHORT);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void ranksActsAndTracesThroughTheContract() throws InterruptedException {
        server.score = (user, item) -> item.equals("i2") ? 0.9 : 0.1;
        client.putUser("u 1/ü", Map.of("age", 24, "tags", List.of("a", "b")));
        RankAnswer answer = client.rank("demo", RankRequest.of("r1", "u 1/ü", List.of("i1", "i2")));
        var posted = client.events(List.of(new Event("e1", "click", "r1", "i2", null, 5L)));

        assertEquals(new RankAnswer.Ranked("i2", 0.9, 1), answer.items().getFirst());
        assertEquals(1, posted.answer().accepted());
        assertEquals(
                TraceStatus.SERVED,
                client.trace("e1", Duration.ofSeconds(1)).orElseThrow().status());
        assertTrue(client.trace("e2", Duration.ofSeconds(1)).isEmpty());
        assertEquals(2, client.model("demo").samplesLearned());
        assertEquals(
                "/v1/users/u 1/ü", server.calls("PUT", "/v1/users").getFirst().path());
        assertFalse(server.calls("POST", "/v1/events").getFirst().body().has("value"));
        assertTrue(client.ready());
    }

    @Test
    void answersThatWereLostAreAskedForAgainWithTheSameBytes() throws InterruptedException {
        server.faults = (method, path, attempt) ->
                method.equals("POST") && attempt < 3 ? (attempt == 1 ? Fault.ANSWER_LOST : Fault.BUSY) : Fault.NONE;
        client.rank("demo", RankRequest.of("r1", "u1", List.of("i1")));
        var posted = client.events(List.of(new Event("e1", "click", "r1", "i1", null, 5L)));

        List<Call> ranks = server.calls("POST", "/v1/models");
        assertEquals(3, ranks.size());
        assertEquals(ranks.getFirst().body(), ranks.getLast().body());
        assertEquals("duplicate", posted.answer().events().getFirst().status());
        assertEquals(3, posted.attempts());
        assertEquals(4, client.retries());
        assertEquals(1, client.model("demo").samplesLearned());
    }

    @Test
    void refusalsAreNotTriedAgainAndSayWhatTheServerSaid() {
        var refused = assertThrows(ClientException.Refused.class, () -> client.model("dmo"));
        assertEquals(404, refused.status());
        assertTrue(refused.toString().endsWith("404 no such model; it is not there; field: model; fix: known: demo"));
        assertEquals(0, client.retries());
    }

    @Test
    void patienceEnds() {
        server.close();
        try (var hasty = new MillraceClient(
                server.uri(), new Patience(Duration.ofMillis(60), Duration.ofMillis(10), Duration.ofMillis(20)))) {
            var gone = assertThrows(ClientException.Unavailable.class, () -> hasty.model("demo"));
            assertTrue(gone.toString().contains("gave up after"), gone::toString);
            assertTrue(hasty.retries() >= 2 && hasty.retries() <= 5, () -> "retries " + hasty.retries());
        }
    }
}
