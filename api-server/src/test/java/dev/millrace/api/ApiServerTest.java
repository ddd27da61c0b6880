package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.log.LogListener;
import dev.millrace.api.log.LogListener.Place;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.ServedVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server over HTTP, on a log in memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiServerTest {
    private static final String JSON = "application/json";
    private static final String RANK = "/v1/models/movies/rank";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int BODY_BYTES = 200_000;
    private static final int CONNECTIONS = 40;

    private final MemoryLog log = new MemoryLog();
    private final FixedWeights weights = new FixedWeights();
    private final HttpClient client = HttpClient.newHttpClient();
    private ApiServer server;

    @BeforeAll
    void start() {
        ApiConfig.Limits limits = new ApiConfig.Limits(
                CONNECTIONS, BODY_BYTES, 4L * BODY_BYTES, 2, 4, 4, 2, 1, 1000, 1000, 1000, 100, 1000, 1000);
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0).withLimits(limits),
                new Wiring(
                        Map.of("movies", weights), new MemoryProfiles(), Map.of(), log, log::tail, Clock.systemUTC()));
    }

    @AfterAll
    void stop() {
        server.close();
        client.close();
    }

    @BeforeEach
    void healthy() {
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        log.caughtUp = true;
        log.lastRecordMs = Long.MAX_VALUE / 2;
        weights.caughtUp = true;
        weights.available = true;
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(to(path));
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(to(path).header("Content-Type", JSON).POST(BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> put(String path, String body) throws IOException, InterruptedException {
        return send(to(path).header("Content-Type", JSON).PUT(BodyPublishers.ofString(body)));
    }

    private static void assertProblem(int status, String part, HttpResponse<String> response) {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals(
                "application/problem+json",
                response.headers().firstValue("Content-Type").orElse(""));
        assertTrue(response.body().contains("\"status\":" + status), response.body());
        assertTrue(response.body().contains("\"fix\":"), response.body());
        assertTrue(response.body().contains(part), response.body());
        assertFalse(response.body().contains("Exception"), response.body());
    }

    @Test
    void ranksBestFirstAndAnswersTheRequestId() throws Exception {
        HttpResponse<String> response = post(
                RANK,
                "{\"requestId\":\"q1\",\"limit\":2,\"candidates\":[{\"item\":\"a\"},"
                        + "{\"item\":\"b\",\"features\":{\"price\":0.75}},{\"item\":\"c\",\"features\":{\"price\":0}}]}");
        assertEquals(200, response.statusCode(), response.body());
        assertTrue(weights.onVirtualThread, "the event loop must not wait for the log");
        assertTrue(response.body().startsWith("{\"requestId\":\"q1\",\"model\":\"movies\",\"modelVersion\":"));
        assertTrue(
                response.body()
                        .endsWith(
                                "\"items\":[{\"item\":\"b\",\"score\":0.75,\"propensity\":1.0},{\"item\":\"a\",\"score\":0.5,\"propensity\":1.0}]}"),
                response.body());
        assertEquals(
                1,
                log.impressions.stream()
                        .filter(i -> i.getRequestId().equals("q1"))
                        .count());
    }

    @Test
    void anEventIsTracedFromAcceptedToServed() throws Exception {
        HttpResponse<String> accepted =
                post("/v1/events", "{\"id\":\"way\",\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}");
        assertEquals(202, accepted.statusCode());
        assertEquals(
                "{\"accepted\":1,\"duplicates\":0,\"events\":[{\"id\":\"way\",\"status\":\"accepted\"}]}",
                accepted.body());
        assertTrue(get("/v1/events/way").body().startsWith("{\"id\":\"way\",\"status\":\"accepted\",\"acceptedAt\":"));
        assertTrue(get("/v1/events/way?until=joined&within=50ms").body().contains("\"status\":\"accepted\""));

        CompletableFuture<HttpResponse<String>> served =
                client.sendAsync(to("/v1/events/way?until=served&within=20s").build(), BodyHandlers.ofString());
        LogListener tail = Objects.requireNonNull(log.listener);
        long now = System.currentTimeMillis();
        tail.samples(
                new Place("movies", 0, 41, true),
                new Samples().add("q", "a", "way", 1, .5f).block(now + 5));
        Awaitility.await().until(() -> get("/v1/events/way").body().contains("\"status\":\"joined\""));
        weights.apply(new ServedVersion(7, now + 9, now + 19, now, Map.of(0, 41L), 4, -76, 0, 10));
        weights.apply(new ServedVersion(8, now + 10, now + 20, now, Map.of(0, 42L), 5, -77, 0, 10));
        assertTrue(served.join().body().contains("\"servedAt\":" + (now + 20) + ",\"modelVersion\":8}"));

        String monitor = get("/v1/monitor").body();
        Awaitility.await().until(() -> get("/v1/monitor").body().contains("\"traced\":"));
        assertTrue(monitor.contains("\"model\":\"movies\""), monitor);
        String model = get("/v1/models/movies").body();
        assertTrue(model.contains("\"version\":8,\"specFingerprint\":\"") && model.contains("\"sampleIdSum\":\"-77\""));
        assertTrue(model.endsWith("\"offsets\":{\"0\":42}}"), model);
        assertTrue(get("/prometheus").body().contains("millrace_freshness_seconds_count"));
    }

    @Test
    void anotherEventUnderAKnownIdIsA409() throws Exception {
        String event = "{\"id\":\"taken\",\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}";
        assertEquals(202, post("/v1/events", event).statusCode());
        String other = event.replace("like", "dislike");
        assertProblem(409, "\"field\":\"id\"", post("/v1/events", other));
        assertProblem(409, "\"field\":\"[0].id\"", post("/v1/events", "[" + other + "]"));
        HttpRequest.Builder lines = to("/v1/events").header("Content-Type", "application/x-ndjson");
        HttpResponse<String> second = send(lines.POST(BodyPublishers.ofString(event + "\n" + other)));
        assertProblem(409, "\"field\":\"[1].id\"", second);
    }

    @Test
    void linesAreEventsToo() throws Exception {
        String line = "{\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}\n";
        HttpResponse<String> response = send(to("/v1/events")
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(line + line)));
        assertEquals(202, response.statusCode(), response.body());
        assertTrue(response.body().startsWith("{\"accepted\":2,"), response.body());
    }

    @Test
    void profilesComeBackAsTheyWerePut() throws Exception {
        assertProblem(404, "nobody", get("/v1/users/nobody"));
        HttpResponse<String> put = put(
                "/v1/users/%C3%A9%2F1",
                "{\"features\":{\"age\":24,\"f\":1.5,\"b\":true,\"g\":[\"x\",\"y\"],\"t\":\"z\"}}");
        assertEquals(204, put.statusCode(), put.body());
        assertEquals(
                "{\"id\":\"é/1\",\"features\":{\"age\":24,\"f\":1.5,\"b\":\"true\",\"g\":[\"x\",\"y\"],\"t\":\"z\"}}",
                get("/v1/users/%C3%A9%2F1").body());
        assertEquals(204, put("/v1/items/i", "{\"features\":{}}").statusCode());
        assertEquals("{\"id\":\"i\",\"features\":{}}", get("/v1/items/i").body());
        assertProblem(400, "features.a-b", put("/v1/items/i", "{\"features\":{\"a-b\":1}}"));
        assertProblem(400, "\"field\":\"features.id\"", put("/v1/items/i", "{\"features\":{\"id\":1}}"));
        assertProblem(400, "\"field\":\"features\"", put("/v1/items/i", "{}"));
        assertProblem(400, "\"field\":\"id\"", put("/v1/items/" + "x".repeat(129), "{\"features\":{}}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    POST   | /v1/models/movies/rank            | {                      | 400 | not JSON
                    POST   | /v1/models/movies/rank            | ``                     | 400 | is empty
                    POST   | /v1/models/movies/rank            | {"candidates":[]}      | 400 | "field":"candidates"
                    POST   | /v1/models/movis/rank             | {}                     | 404 | did you mean 'movies'?
                    GET    | /v1/models/movis                  | ``                     | 404 | did you mean 'movies'?
                    GET    | /v1/monitor?model=movis           | ``                     | 404 | did you mean 'movies'?
                    GET    | /v1/monitor/stream?model=movis    | ``                     | 404 | did you mean 'movies'?
                    POST   | /v1/events                        | {"type":"like"}        | 400 | "field":"requestId"
                    GET    | /v1/events/unknown                | ``                     | 404 | "field":"id"
                    GET    | /v1/events/unknown?until=servd    | ``                     | 400 | did you mean 'served'?
                    GET    | /v1/events/unknown?within=1h      | ``                     | 400 | "field":"within"
                    GET    | /v1/events/unknown?within=31s     | ``                     | 400 | at most 30s
                    GET    | /v1/nothing                       | ``                     | 404 | there is no GET /v1/nothing
                    DELETE | /v1/models                        | ``                     | 405 | DELETE /v1/models
                    GET    | /v1/models/movies/rank            | ``                     | 405 | GET /v1/models/movies/rank
                    """)
    void whatIsWrongIsAProblem(String method, String path, String body, int status, String part) throws Exception {
        var publisher = body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
        HttpRequest.Builder request = to(path).method(method, publisher);
        assertProblem(status, part, send(method.equals("POST") ? request.header("Content-Type", JSON) : request));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"id+x", "a;b", "a&b", "=", "@", ",", ":", "!$'()*", "~._-", "%2F", "%2Fa%20b", "%2B", "%25"})
    void anIdInTheAddressMayHaveEveryCharacterOfASegment(String segment) throws Exception {
        String id = URI.create("/" + segment).getPath().substring(1);
        for (String kind : new String[] {"/v1/users/", "/v1/items/"}) {
            HttpResponse<String> put = put(kind + segment, "{\"features\":{\"age\":1}}");
            assertEquals(204, put.statusCode(), put.body());
            HttpResponse<String> stored = get(kind + segment);
            assertEquals("{\"id\":\"" + id + "\",\"features\":{\"age\":1}}", stored.body());
        }
        String event = "{\"id\":\"" + id + "\",\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}";
        assertEquals(202, post("/v1/events", event).statusCode());
        HttpResponse<String> trace = get("/v1/events/" + segment + "?until=accepted");
        assertEquals(200, trace.statusCode(), trace.body());
        assertTrue(trace.body().startsWith("{\"id\":\"" + id + "\""), trace.body());
    }

    @Test
    void eventsWithoutAContentTypeAreJson() throws Exception {
        String event = "{\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}";
        assertEquals(
                202, send(to("/v1/events").POST(BodyPublishers.ofString(event))).statusCode());
        HttpRequest.Builder charset = to("/v1/events").header("Content-Type", "Application/JSON; charset=utf-8");
        assertEquals(202, send(charset.POST(BodyPublishers.ofString(event))).statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "odd",
                "*/*"
            })
    void eventsOfAnotherMediaTypeAreA415ThatNamesBoth(String type) throws Exception {
        var body = BodyPublishers.ofString("{\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}");
        HttpResponse<String> refused =
                send(to("/v1/events").header("Content-Type", type).POST(body));
        assertProblem(415, "application/json, or application/x-ndjson", refused);
    }

    @Test
    void anImpressionTooLargeForTheLogIsTheCallersToMend() throws Exception {
        log.mode = MemoryLog.Mode.TOO_LARGE;
        assertProblem(413, "\"field\":\"candidates\"", post(RANK, "{\"candidates\":[{\"item\":\"a\"}]}"));
    }

    @Test
    void aProfileHas64KiBOfTextAtMost() throws Exception {
        String text = "é".repeat(512);
        String texts = "[" + ("\"" + text + "\",").repeat(31) + "\"" + text + "\"]";
        String fits = "{\"features\":{\"a\":" + texts + ",\"b\":" + texts + "}}";
        assertEquals(204, put("/v1/items/large", fits).statusCode());
        HttpResponse<String> refused = put("/v1/items/large", fits.replace("}}", ",\"c\":\"x\"}}"));
        assertProblem(400, "\"field\":\"features\"", refused);
        assertTrue(refused.body().contains("65537 bytes"), refused.body());
    }

    @Test
    void anotherMediaTypeIsA415() throws Exception {
        assertProblem(
                415,
                "application/json",
                send(to(RANK).header("Content-Type", "text/plain").POST(BodyPublishers.ofString("x"))));
    }

    @Test
    void aBodyBeyondTheBoundIsA413() throws Exception {
        assertProblem(413, "too large", post("/v1/events", " ".repeat(BODY_BYTES + 1)));
    }

    @Test
    void aMalformedAddressIsA400() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream()
                    .write("GET /v1/users/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
            assertTrue(answer.contains("application/problem+json"), answer);
        }
    }

    @Test
    void aConnectionBeyondTheBoundIsClosedAndOthersAreServed() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i <= CONNECTIONS; i++) {
                Socket socket = new Socket("127.0.0.1", server.port());
                socket.setSoTimeout(1);
                sockets.add(socket);
            }
            Awaitility.await().until(() -> sockets.stream().anyMatch(ApiServerTest::isClosed));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        Awaitility.await()
                .ignoreExceptions()
                .until(() -> get("/health/liveness").statusCode() == 200);
    }

    private static boolean isClosed(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void aLogThatDoesNotAnswerIsA503ThatSaysWhenToComeAgain() throws Exception {
        log.mode = MemoryLog.Mode.REFUSE;
        HttpResponse<String> rank = post(RANK, "{\"candidates\":[{\"item\":\"a\"}]}");
        assertProblem(503, "urn:millrace:problem:stale", rank);
        assertEquals("1", rank.headers().firstValue("Retry-After").orElse(""));
        assertProblem(503, "duplicate", post("/v1/events", "{\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}"));
    }

    @Test
    void aRankThatTheLogRefusedMayBeSentAgainUnderTheIdOfIts503() throws Exception {
        log.mode = MemoryLog.Mode.REFUSE;
        HttpResponse<String> refused = post(RANK, "{\"candidates\":[{\"item\":\"a\"}]}");
        assertProblem(503, "\"requestId\":\"", refused);
        String id = refused.body().replaceAll(".*\"requestId\":\"([^\"]+)\".*", "$1");
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        String again = "{\"requestId\":\"" + id + "\",\"candidates\":[{\"item\":\"a\"}]}";
        assertEquals(200, post(RANK, again).statusCode());
        assertEquals(200, post(RANK, again).statusCode());
        assertEquals(1, impressions(id));
    }

    private long impressions(String requestId) {
        return log.impressions.stream()
                .filter(i -> i.getRequestId().equals(requestId))
                .count();
    }

    @Test
    void aRequestIdOfAnotherRequestIsA409() throws Exception {
        assertEquals(
                200,
                post(RANK, "{\"requestId\":\"used\",\"candidates\":[{\"item\":\"a\"}]}")
                        .statusCode());
        HttpResponse<String> other = post(RANK, "{\"requestId\":\"used\",\"candidates\":[{\"item\":\"b\"}]}");
        assertProblem(409, "\"field\":\"requestId\"", other);
        assertEquals(1, impressions("used"));
    }

    @Test
    void aRankIsTimedHoweverItEnds() throws Exception {
        double before = timed("caller") + timed("internal");
        post(RANK, "{");
        post(RANK, "{\"candidates\":[{\"item\":\"a\",\"features\":{\"price\":1e300}}]}");
        assertEquals(before + 2, timed("caller") + timed("internal"));
    }

    private double timed(String outcome) throws Exception {
        String meter = "millrace_rank_seconds_count{model=\"movies\",outcome=\"" + outcome + "\"} ";
        String text = get("/prometheus").body();
        int at = text.indexOf(meter);
        assertTrue(at >= 0, meter);
        return Double.parseDouble(text.substring(at + meter.length(), text.indexOf('\n', at)));
    }

    @Test
    void moreThanTheBoundAtOnceIsA429() throws Exception {
        log.mode = MemoryLog.Mode.WAIT;
        HttpRequest slow = to(RANK).header("Content-Type", JSON)
                .POST(BodyPublishers.ofString("{\"candidates\":[{\"item\":\"a\"}]}"))
                .build();
        var first = client.sendAsync(slow, BodyHandlers.ofString());
        var second = client.sendAsync(slow, BodyHandlers.ofString());
        Awaitility.await().until(() -> log.waiting() == 2);
        HttpResponse<String> third = post(RANK, "{\"candidates\":[{\"item\":\"a\"}]}");
        assertProblem(429, "urn:millrace:problem:overload", third);
        assertEquals("1", third.headers().firstValue("Retry-After").orElse(""));
        log.acknowledge();
        assertEquals(200, first.join().statusCode());
        assertEquals(200, second.join().statusCode());
    }

    @Test
    void withoutWeightsThereIsNoScoreButA503UntilTheyAreBack() throws Exception {
        String request = "{\"requestId\":\"away\",\"candidates\":[{\"item\":\"a\"}]}";
        weights.available = false;
        HttpResponse<String> refused = post(RANK, request);
        assertProblem(503, "the weights cannot be had now: they are elsewhere", refused);
        assertTrue(refused.body().contains("urn:millrace:problem:stale"), refused.body());
        assertEquals("1", refused.headers().firstValue("Retry-After").orElse(""));
        assertTrue(log.impressions.stream().noneMatch(i -> i.getRequestId().equals("away")));
        weights.available = true;
        assertEquals(200, post(RANK, request).statusCode());
    }

    @Test
    void aDefectOfOursShowsAnInstanceAndNoMore() throws Exception {
        HttpResponse<String> response =
                post(RANK, "{\"candidates\":[{\"item\":\"a\",\"features\":{\"price\":1e300}}]}");
        assertProblem(500, "\"instance\":\"urn:uuid:", response);
        assertFalse(response.body().contains("finite"), response.body());
    }

    private static ShardParity shard(int shard, Boolean equal, List<Integer> differing, long mismatches) {
        return new ShardParity(
                shard, equal, 7, Map.of(0, 42L), 4, equal == null ? 3 : 4, 1_000L, 5, differing, mismatches, 0);
    }

    @Test
    void paritySaysWhetherServingEqualsTrainingAndWhereNot() throws Exception {
        assertTrue(get("/v1/parity").body().contains("\"model\":\"movies\""));
        assertTrue(metric("millrace_parity_equal").contains("NaN"));
        weights.parity = List.of(shard(0, true, List.of(), 0), shard(1, true, List.of(), 0));
        String equal = get("/v1/parity?model=movies").body();
        assertTrue(equal.startsWith("{\"models\":[{\"model\":\"movies\",\"equal\":true,\"version\":"), equal);
        assertTrue(
                equal.contains("{\"shard\":1,\"equal\":true,\"equalAt\":7,\"offsets\":{\"0\":42},\"ranges\":4,"
                        + "\"comparedRanges\":4,\"oldestComparedMs\":1000,\"oldestComparedAt\":5,"),
                equal);
        assertTrue(metric("millrace_parity_equal").contains("1.0"));
        weights.parity = List.of(shard(0, true, List.of(), 0), shard(1, false, List.of(3), 2));
        String differs = get("/v1/parity").body();
        assertTrue(differs.contains("\"model\":\"movies\",\"equal\":false,"), differs);
        assertTrue(differs.contains("\"differingRanges\":[3],\"mismatches\":2"), differs);
        assertTrue(metric("millrace_parity_equal").contains("0.0"));
        assertTrue(metric("millrace_parity_mismatches_total").contains("2.0"));
        assertProblem(404, "movie", get("/v1/parity?model=movie"));
    }

    private String metric(String name) throws Exception {
        return get("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .findFirst()
                .orElse("");
    }

    @Test
    void readinessSaysWhatIsMissing() throws Exception {
        assertEquals(200, get("/health/readiness").statusCode());
        weights.caughtUp = false;
        assertEquals(503, get("/health/readiness").statusCode());
        assertTrue(get("/health/readiness").body().contains("model movies"));
        assertEquals(200, get("/health/liveness").statusCode());
        weights.caughtUp = true;
        log.lastRecordMs = 0;
        assertTrue(get("/health/readiness").body().contains("heartbeat"));
        log.caughtUp = false;
        assertTrue(get("/health").body().contains("the end of the log has not been read yet"));
    }

    @Test
    void healthSaysThatLearningStandsStillAndTheServerStaysReady() throws Exception {
        ServedVersion last = weights.version();
        long watermark = System.currentTimeMillis() - 60_000;
        weights.apply(new ServedVersion(last.sequence() + 1, 1, 1, watermark, last.sampleOffsets(), 0, 0, 0, 0));
        HttpResponse<String> health = get("/health");
        assertEquals(200, health.statusCode(), health.body());
        assertTrue(health.body().contains("learning stands still"), health.body());
        assertEquals(200, get("/health/readiness").statusCode());
        String lag = get("/prometheus")
                .body()
                .replaceAll("(?s).*\nmillrace_learning_lag_seconds\\{model=\"movies\"} (\\S+).*", "$1");
        assertTrue(Double.parseDouble(lag) >= 60, lag);
        Awaitility.await().until(() -> get("/v1/monitor").body().matches(".*\"learningLagMs\":[6-9]\\d{4},.*"));
    }

    @Test
    void theStreamBeginsAtOnceAndOnlySoManyAreOpen() throws Exception {
        var stream = client.send(to("/v1/monitor/stream").build(), BodyHandlers.ofLines());
        assertEquals(
                "text/event-stream",
                stream.headers().firstValue("Content-Type").orElse("").split(";")[0]);
        try (var lines = stream.body()) {
            assertTrue(firstData(lines.iterator()).startsWith("data: {\"timeMs\":"));
            assertProblem(429, "streams", get("/v1/monitor/stream"));
        }
    }

    private static String firstData(Iterator<String> lines) {
        String line = lines.next();
        while (!line.startsWith("data:")) {
            line = lines.next();
        }
        return line;
    }

    /** Ids of the first frames of a stream. */
    private List<Long> ids(int many, String query, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = to("/v1/monitor/stream" + query);
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (var lines = client.send(request.build(), BodyHandlers.ofLines()).body()) {
            return lines.filter(line -> line.startsWith("id:"))
                    .limit(many)
                    .map(line -> Long.valueOf(line.substring(3).strip()))
                    .toList();
        }
    }

    @Test
    void aStreamGoesOnBehindTheLastEventId() throws Exception {
        List<Long> first = ids(2, "");
        assertTrue(first.get(0) < first.get(1), first.toString());
        // The place that the stream before took is given back when the server sees that it is closed.
        Awaitility.await().atMost(PATIENCE).until(this::aStreamOpens);
        List<Long> resumed = Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> ids(2, "", "Last-Event-ID", first.get(0).toString()), ids -> ids.size() == 2);
        assertEquals(first.get(1), resumed.getFirst(), "what was missed comes first");
        List<Long> all = Awaitility.await().atMost(PATIENCE).until(() -> ids(3, "?after=0"), ids -> ids.size() == 3);
        assertTrue(all.containsAll(first) || all.getFirst() < first.getFirst(), all + " " + first);
        List<Long> strange = Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> ids(1, "", "Last-Event-ID", "x-1"), ids -> ids.size() == 1);
        assertTrue(strange.getFirst() > first.get(1), "an id of somebody else's is none");
    }

    @Test
    void aHeadOfTheStreamTakesNoPlace() throws Exception {
        for (int i = 0; i < 3; i++) {
            HttpRequest head = to("/v1/monitor/stream").HEAD().build();
            assertEquals(200, client.send(head, BodyHandlers.discarding()).statusCode());
        }
        Awaitility.await().until(this::aStreamOpens);
    }

    private boolean aStreamOpens() throws IOException, InterruptedException {
        var stream = client.send(to("/v1/monitor/stream").build(), BodyHandlers.ofLines());
        try (var lines = stream.body()) {
            return stream.statusCode() == 200 && firstData(lines.iterator()).startsWith("data:");
        }
    }

    @Test
    void metersFollowPrometheusConventions() throws Exception {
        post(RANK, "{\"candidates\":[{\"item\":\"a\"}]}");
        String text = get("/prometheus").body();
        for (String meter : new String[] {
            "millrace_ranks_total{model=\"movies\"}",
            "millrace_rank_seconds_bucket{model=\"movies\",outcome=\"ok\",le=\"0.01\"}",
            "millrace_rank_seconds_count{model=\"movies\",outcome=\"stale\"}",
            "millrace_events_total{status=\"accepted\"}",
            "millrace_outcomes_total{outcome=\"orphan\"}",
            "millrace_errors_total{class=\"stale\"}",
            "millrace_tail_skipped_total",
            "millrace_quality_auc{model=\"movies\",window=\"recent\"}",
            "jvm_memory_used_bytes"
        }) {
            assertTrue(text.contains(meter), meter);
        }
    }

    @Test
    void thePageIsServedWithAPolicy() throws Exception {
        HttpResponse<String> page = get("/");
        assertEquals(200, page.statusCode(), page.body());
        assertTrue(page.headers().firstValue("Content-Type").orElse("").startsWith("text/html"));
        assertTrue(
                page.headers().firstValue("Content-Security-Policy").orElse("").contains("default-src 'none'"));
        assertEquals(
                "nosniff", page.headers().firstValue("X-Content-Type-Options").orElse(""));
    }

    /** Each holds most of a body and never sends the rest. */
    @Test
    void bodiesOnTheirWayShareABoundedMemory() throws Exception {
        String head =
                "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                        + BODY_BYTES + "\r\n\r\n";
        byte[] most = (head + " ".repeat(BODY_BYTES * 3 / 4)).getBytes(StandardCharsets.US_ASCII);
        sixAreTooMany(most);
    }

    private void sixAreTooMany(byte[] begun) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                Socket socket = new Socket("127.0.0.1", server.port());
                sockets.add(socket);
                socket.setSoTimeout(100);
                socket.getOutputStream().write(begun);
            }
            Awaitility.await().atMost(PATIENCE).until(() -> sockets.stream().anyMatch(ApiServerTest::isRefused));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertProblem(400, "body", post("/v1/events", " ".repeat(BODY_BYTES - 1))));
    }

    private HttpResponse<String> within(String deadline, String body) throws IOException, InterruptedException {
        return send(to(RANK).header("Content-Type", JSON)
                .header("X-Deadline-Ms", deadline)
                .POST(BodyPublishers.ofString(body)));
    }

    @Test
    void anAnswerThatIsNotThereByItsDeadlineIsA504() throws Exception {
        String ask = "{\"candidates\":[{\"item\":\"a\"}]}";
        assertEquals(200, within("5000", ask).statusCode());
        for (String wrong : List.of("soon", "0", "-1", "600001", "1.5")) {
            assertProblem(400, "X-Deadline-Ms", within(wrong, ask));
        }
        log.mode = MemoryLog.Mode.WAIT;
        long startNs = System.nanoTime();
        HttpResponse<String> late = within("100", ask);
        assertProblem(504, "deadline of 100 ms", late);
        assertTrue(
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) < 1_500, "long before the log's own bound");
        String id = late.body().replaceAll(".*\"requestId\":\"([^\"]+)\".*", "$1");
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        log.acknowledge();
        String again = "{\"requestId\":\"" + id + "\",\"candidates\":[{\"item\":\"a\"}]}";
        assertEquals(200, post(RANK, again).statusCode(), "what the log had in the end is found under its id");
    }

    @Test
    void whatIsWrongInTheAddressHasAFieldAndAFix() throws Exception {
        HttpResponse<String> text = get("/v1/models/movies/canaries/x");
        assertProblem(400, "number is 'x'", text);
        assertTrue(text.body().contains("\"field\":\"number\""), text.body());
        assertTrue(text.body().contains("send a whole number"), text.body());
        assertProblem(413, "the first line of the request, or its headers", get("/v1/models/" + "a".repeat(5000)));
    }

    /** Few bytes of a zip may become as large as a body may be; a header alone becomes nothing. */
    @Test
    void compressedBodiesOnTheirWayCountAsWhatMayBecomeOfThem() throws Exception {
        String head = "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                + "Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n";
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                Socket socket = new Socket("127.0.0.1", server.port());
                sockets.add(socket);
                socket.setSoTimeout(100);
                socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            }
            assertProblem(400, "body", post("/v1/events", " ".repeat(BODY_BYTES - 1)));
            assertTrue(sockets.stream().noneMatch(ApiServerTest::isRefused));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        byte[] random = new byte[2_000];
        new Random(7).nextBytes(random);
        ByteArrayOutputStream begun = new ByteArrayOutputStream();
        begun.write(head.getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
            zip.write(random);
        }
        begun.write(zipped.toByteArray(), 0, 500);
        sixAreTooMany(begun.toByteArray());
    }

    private double errors(String errorClass) throws IOException, InterruptedException {
        return get("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("millrace_errors_total{class=\"" + errorClass + "\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    @Test
    void whoHangsUpInTheMiddleOfABodyIsNoErrorOfOurs() throws Exception {
        double ours = errors("internal");
        double theirs = errors("caller");
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream()
                    .write(("POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 100\r\n\r\n[{")
                            .getBytes(StandardCharsets.US_ASCII));
        }
        Awaitility.await().atMost(PATIENCE).until(() -> errors("caller") > theirs);
        assertEquals(ours, errors("internal"));
    }

    @Test
    void scoringStopsWhenItsTimeIsOver() throws Exception {
        String ask = "{\"candidates\":[{\"item\":\"a\"}]}";
        int before = weights.abandoned.get();
        weights.endless = true;
        try {
            assertProblem(504, "deadline of 100 ms", within("100", ask));
            assertEquals(before + 1, weights.abandoned.get());
            HttpResponse<String> batch = send(to(RANK + ":batch")
                    .header("Content-Type", JSON)
                    .header("X-Deadline-Ms", "100")
                    .POST(BodyPublishers.ofString("{\"requests\":[" + ask + "]}")));
            assertTrue(batch.body().contains("\"status\":504"), batch.body());
            assertEquals(before + 2, weights.abandoned.get());
        } finally {
            weights.endless = false;
        }
        assertEquals(200, post(RANK, ask).statusCode());
    }

    private static boolean isRefused(Socket socket) {
        try {
            byte[] answer = socket.getInputStream().readNBytes(12);
            return new String(answer, StandardCharsets.US_ASCII).equals("HTTP/1.1 429");
        } catch (IOException e) {
            return false;
        }
    }

    private HttpResponse<String> keyed(String path, String key, String body) throws IOException, InterruptedException {
        return send(to(path).header("Content-Type", JSON)
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(body)));
    }

    @Test
    void anIdempotencyKeyNamesWhatHasNoIdOfItsOwn() throws Exception {
        String ask = "{\"candidates\":[{\"item\":\"a\"},{\"item\":\"b\"}]}";
        String first = keyed(RANK, "\"key-1\"", ask).body();
        assertTrue(first.startsWith("{\"requestId\":\"key-1\""), first);
        assertEquals(first, keyed(RANK, "key-1", ask).body());
        assertEquals(
                1,
                log.impressions.stream()
                        .filter(i -> i.getRequestId().equals("key-1"))
                        .count());
        assertProblem(409, "requestId", keyed(RANK, "key-1", "{\"candidates\":[{\"item\":\"c\"}]}"));
        String events = "[{\"type\":\"like\",\"requestId\":\"key-1\",\"item\":\"a\"},"
                + "{\"id\":\"own\",\"type\":\"like\",\"requestId\":\"key-1\",\"item\":\"b\"}]";
        assertTrue(keyed("/v1/events", "post-1", events).body().startsWith("{\"accepted\":2,\"duplicates\":0"));
        String again = keyed("/v1/events", "post-1", events).body();
        assertTrue(again.startsWith("{\"accepted\":0,\"duplicates\":2"), again);
        assertTrue(again.contains("\"post-1.0\"") && again.contains("\"own\""), again);
        assertProblem(400, "Idempotency-Key", keyed("/v1/events", "k".repeat(200), events));
    }
}
