package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.ps.serve.ServedVersion;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Requests that somebody can look into, over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecentApiTest {
    private final ObjectMapper mapper = new ObjectMapper();
    private final MemoryLog log = new MemoryLog();
    private ApiServer server;
    private HttpCalls calls;

    @BeforeAll
    void start() {
        FixedWeights weights = new FixedWeights();
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0),
                new Wiring(
                        Map.of("movies", weights), new MemoryProfiles(), Map.of(), log, log::tail, Clock.systemUTC()));
        long now = System.currentTimeMillis();
        weights.apply(new ServedVersion(7, now, now, now, Map.of(0, 42L), 5, -77, 0, 10));
        calls = new HttpCalls(server.port());
    }

    @AfterAll
    void stop() {
        server.close();
        calls.close();
    }

    private JsonNode ok(HttpResponse<String> answer) throws Exception {
        assertTrue(answer.statusCode() / 100 == 2, answer.body());
        return mapper.readTree(answer.body());
    }

    private JsonNode get(String path) throws Exception {
        return ok(calls.get("/v1/models/movies" + path));
    }

    /** A request that is kept: one in a while is. */
    private void rank(String id) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    ok(calls.post(
                            "/v1/models/movies/rank",
                            "{\"requestId\":\"" + id
                                    + "\",\"user\":\"anna\",\"context\":{\"device\":\"phone\"},\"limit\":2,"
                                    + "\"candidates\":[{\"item\":\"a\"},{\"item\":\"b\",\"features\":{\"price\":0.75,\"genres\":[\"x\"]}},"
                                    + "{\"item\":\"c\",\"features\":{\"price\":0}}]}"));
                    // A retry is answered as the first time, and looked at again.
                    return calls.get("/v1/models/movies/requests/" + id).statusCode() == 200;
                });
    }

    @Test
    void aRequestIsRememberedWithWhatBecameOfIt() throws Exception {
        rank("seen-1");
        ok(calls.post("/v1/events", "{\"id\":\"seen-e1\",\"type\":\"like\",\"requestId\":\"seen-1\",\"item\":\"b\"}"));
        Objects.requireNonNull(log.listener).action(log.actions.getLast());
        JsonNode one = get("/requests/seen-1");
        assertEquals(3, one.path("candidates").asInt());
        assertEquals("b", one.at("/items/0/item").asText());
        assertEquals(0.75, one.at("/items/0/score").asDouble());
        assertEquals(7, one.path("modelVersion").asInt());
        assertEquals("seen-e1", one.at("/actions/0/id").asText());
        assertEquals("accepted", one.at("/actions/0/trace/status").asText());
        JsonNode explained =
                ok(calls.post("/v1/models/movies/explain", one.path("explain").toString()));
        assertEquals(2, explained.path("items").size(), "what it answers can be explained");
        JsonNode line = get("/requests?limit=5").at("/requests/0");
        assertEquals("seen-1", line.path("requestId").asText());
        assertEquals("anna", line.path("user").asText());
        assertEquals(1, line.path("actions").asInt());
        assertEquals(404, calls.get("/v1/models/movies/requests/none").statusCode());
    }

    @Test
    void theKeysThatRequestsTouchMostAreNamed() throws Exception {
        rank("hot-1");
        JsonNode store = Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> get("/store"), found -> found.path("hotKeys").size() > 3);
        assertEquals(10, store.path("rows").asInt());
        assertTrue(store.at("/store/bytes").isNull(), "these weights are in no table");
        double shares = 0;
        boolean user = false;
        for (JsonNode key : store.path("hotKeys")) {
            shares += key.path("share").asDouble();
            user |= key.path("name").asText().equals("user=anna");
        }
        assertTrue(user, store.toString());
        assertTrue(shares <= 1 + 1e-9, store.toString());
    }
}
