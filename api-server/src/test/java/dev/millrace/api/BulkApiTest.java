package dev.millrace.api;

import static dev.millrace.api.HttpCalls.JSON;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Many at once, and changes of profiles, over HTTP on a log in memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BulkApiTest {
    private static final String BATCH = "/v1/models/movies/rank:batch";
    private static final String LINES = "application/x-ndjson";

    private final MemoryLog log = new MemoryLog();
    private ApiServer server;
    private HttpCalls calls;

    @BeforeAll
    void start() {
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0),
                new Wiring(
                        Map.of("movies", new FixedWeights()),
                        new MemoryProfiles(),
                        Map.of(),
                        log,
                        log::tail,
                        Clock.systemUTC()));
        calls = new HttpCalls(server.port());
    }

    @AfterAll
    void stop() {
        server.close();
        calls.close();
    }

    @BeforeEach
    void healthy() {
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
    }

    @Test
    void eachRequestOfABatchHasItsOwnOutcome() throws Exception {
        HttpResponse<String> response = calls.post(BATCH, """
                {"requests":[{"requestId":"b1","candidates":[{"item":"a","features":{"price":0.25}},{"item":"b"}]},
                 {"requestId":"b2","candidates":[]},
                 {"requestId":"b3","candidates":[{"item":"c"}]}]}""");
        assertEquals(200, response.statusCode(), response.body());
        String body = response.body();
        assertTrue(
                body.startsWith("{\"results\":[{\"status\":200,\"answer\":{\"requestId\":\"b1\",\"model\":\"movies\""),
                body);
        assertTrue(
                body.contains("[{\"item\":\"b\",\"score\":0.5,\"propensity\":1.0},{\"item\":\"a\",\"score\":0.25"),
                body);
        assertTrue(body.contains("{\"status\":400,\"problem\":{\"type\":\"urn:millrace:problem:caller\""), body);
        assertTrue(body.contains("\"field\":\"requests[1].candidates\""), body);
        assertTrue(body.endsWith("[{\"item\":\"c\",\"score\":0.5,\"propensity\":1.0}]}}]}"), body);
        assertEquals(1, impressions("b1"));
        assertEquals(1, impressions("b3"));
        assertEquals(404, calls.post(BATCH.replace("movies", "x"), "{}").statusCode());
        assertEquals(400, calls.post(BATCH, "{\"requests\":[{").statusCode());
    }

    private long impressions(String requestId) {
        return log.impressions.stream()
                .filter(i -> i.getRequestId().equals(requestId))
                .count();
    }

    @Test
    void aHundredRequestsWaitForTheLogTogether() throws Exception {
        log.mode = MemoryLog.Mode.REFUSE;
        String one = "{\"candidates\":[{\"item\":\"a\"}]}";
        HttpResponse<String> refused = calls.post(BATCH, batchOf(one, 100));
        assertEquals(200, refused.statusCode());
        assertEquals(100, count(refused.body(), "{\"status\":503,\"problem\""));
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        assertEquals(100, count(calls.post(BATCH, batchOf(one, 100)).body(), "\"status\":200"));
        assertEquals(400, calls.post(BATCH, batchOf(one, 101)).statusCode());
    }

    private static String batchOf(String request, int n) {
        return IntStream.range(0, n).mapToObj(i -> request).collect(Collectors.joining(",", "{\"requests\":[", "]}"));
    }

    private static int count(String text, String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }

    @Test
    void aPatchSetsAndRemoves() throws Exception {
        assertEquals(404, patch("/v1/items/p", "{\"features\":{\"price\":1}}").statusCode());
        calls.put("/v1/items/p", "{\"features\":{\"price\":3,\"genres\":[\"a\"],\"title\":\"x\"}}");
        HttpResponse<String> patched =
                patch("/v1/items/p", "{\"features\":{\"price\":4.5,\"title\":null,\"absent\":null,\"new\":true}}");
        String now = "{\"id\":\"p\",\"features\":{\"price\":4.5,\"genres\":[\"a\"],\"new\":\"true\"}}";
        assertEquals(200, patched.statusCode(), patched.body());
        assertEquals(now, patched.body());
        assertEquals(now, calls.get("/v1/items/p").body());
        assertEquals(400, patch("/v1/items/p", "{\"features\":{\"price\":{}}}").statusCode());
        assertEquals(now, calls.get("/v1/items/p").body());
    }

    private HttpResponse<String> patch(String path, String body) throws Exception {
        return calls.send("PATCH", path, "application/merge-patch+json", body);
    }

    @Test
    void aPatchKeepsAProfileWithinItsBounds() throws Exception {
        String many = IntStream.range(0, 60).mapToObj(i -> "\"f" + i + "\":1").collect(Collectors.joining(","));
        calls.put("/v1/users/full", "{\"features\":{" + many + "}}");
        String more = IntStream.range(60, 65).mapToObj(i -> "\"f" + i + "\":1").collect(Collectors.joining(","));
        HttpResponse<String> refused = calls.send("PATCH", "/v1/users/full", JSON, "{\"features\":{" + more + "}}");
        assertEquals(400, refused.statusCode());
        assertTrue(refused.body().contains("remove some by null"), refused.body());
        String instead = "{\"features\":{" + more + ",\"f0\":null}}";
        assertEquals(200, calls.send("PATCH", "/v1/users/full", JSON, instead).statusCode());
    }

    @Test
    void whatIsDeletedIsGone() throws Exception {
        calls.put("/v1/users/gone", "{\"features\":{\"age\":1}}");
        assertEquals(204, calls.send("DELETE", "/v1/users/gone", JSON, "").statusCode());
        // Generated clients ask for no more than the problem that there may be.
        assertEquals(204, accepting("application/problem+json", "PUT", "/v1/users/back"));
        assertEquals(204, accepting("text/plain", "DELETE", "/v1/users/back"));
        assertEquals(404, calls.get("/v1/users/gone").statusCode());
        assertEquals(204, calls.send("DELETE", "/v1/users/gone", JSON, "").statusCode());
    }

    private int accepting(String type, String method, String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .header("Accept", type)
                .header("Content-Type", JSON)
                .method(method, HttpRequest.BodyPublishers.ofString(method.equals("PUT") ? "{\"features\":{}}" : ""))
                .build();
        return calls.client()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void goodLinesAreStoredAndBadOnesToldByTheirNumbers() throws Exception {
        String lines = """
                {"id":"l1","features":{"age":1}}

                {"id":"l2","features":{"a-b":1}}
                {"features":{}}
                {"id":"l3"
                {"id":"l4","features":{"age":4}}""";
        HttpResponse<String> done = calls.send("POST", "/v1/users:import", LINES, lines);
        assertEquals(200, done.statusCode(), done.body());
        assertTrue(
                done.body().startsWith("{\"stored\":2,\"failed\":3,\"errors\":[{\"line\":3,\"field\":\"features.a-b\""),
                done.body());
        assertTrue(done.body().contains("{\"line\":4,\"field\":\"id\"")
                && done.body().contains("{\"line\":5,"));
        assertTrue(calls.get("/v1/users/l4").body().contains("\"age\":4"));
        assertEquals(404, calls.get("/v1/users/l3").statusCode());
        assertEquals(400, calls.send("POST", "/v1/users:import", LINES, "\n\n").statusCode());
        assertEquals(415, calls.send("POST", "/v1/users:import", JSON, "{}").statusCode());
    }

    @Test
    void errorsOfAnImportAreBounded() throws Exception {
        String lines = "{\n".repeat(1_000) + "{\"id\":\"many\",\"features\":{}}\n".repeat(1_200);
        HttpResponse<String> done = calls.send("POST", "/v1/items:import", LINES, lines);
        assertTrue(done.body().startsWith("{\"stored\":1200,\"failed\":1000,"), done.body());
        assertEquals(100, count(done.body(), "\"line\":"));
    }

    @Test
    void cloudEventsAreEvents() throws Exception {
        String event = "{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/shop\",\"type\":\"like\","
                + "\"data\":{\"requestId\":\"q\",\"item\":\"a\"}}";
        HttpResponse<String> one = calls.send("POST", "/v1/events", "application/cloudevents+json", event);
        assertEquals(202, one.statusCode(), one.body());
        assertTrue(calls.get("/v1/events/ce-1").body().contains("accepted"));
        String batch = "[" + event + "," + event.replace("ce-1", "ce-2") + "]";
        HttpResponse<String> two =
                calls.send("POST", "/v1/events", "application/cloudevents-batch+json; charset=utf-8", batch);
        assertTrue(two.body().startsWith("{\"accepted\":1,\"duplicates\":1,"), two.body());
    }
}
