package dev.millrace.api;

import static dev.millrace.api.HttpCalls.JSON;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.window.WindowFeed;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.ps.serve.ServedVersion;
import io.micronaut.web.router.Router;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.yaml.snakeyaml.Yaml;

/** {@code /openapi.yml} says what the routes are and what they answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {
    /** Canaries that can be read, and do not fly meanwhile. */
    static final CanaryConfig SELDOM =
            new CanaryConfig(true, Duration.ofHours(1), Duration.ofSeconds(1), 0.99, Duration.ofHours(1));

    private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");

    private final ObjectMapper mapper = new ObjectMapper();
    private final JsonSchemaFactory schemas = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private final MemoryLog log = new MemoryLog();
    private final Set<String> called = new TreeSet<>();
    private ApiServer server;
    private HttpCalls calls;
    private JsonNode openApi;

    @BeforeAll
    void start() throws Exception {
        FixedWeights weights = new FixedWeights();
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0),
                new Wiring(
                        Map.of("movies", weights),
                        new MemoryProfiles(),
                        Map.of(),
                        log,
                        log::tail,
                        listener -> Tail.NONE,
                        List.of(),
                        Map.of(),
                        AlarmRules.shipped(),
                        new WindowParts(1, Map.of(), windows -> WindowFeed.NONE),
                        SELDOM,
                        null,
                        Clock.systemUTC()));
        long now = System.currentTimeMillis();
        weights.apply(new ServedVersion(7, now, now, now, Map.of(0, 42L), 5, -77, 0, 10));
        calls = new HttpCalls(server.port());
        HttpResponse<String> published = calls.get("/openapi.yml");
        assertEquals(200, published.statusCode());
        openApi = mapper.valueToTree(new Yaml().load(published.body()));
    }

    @AfterAll
    void stop() {
        server.close();
        calls.close();
    }

    @Test
    void hasExactlyTheRoutesThatThereAre() {
        Set<String> routes = server.context()
                .getBean(Router.class)
                .uriRoutes()
                .map(route -> route.getHttpMethodName().toLowerCase(java.util.Locale.ROOT) + " "
                        + route.getUriMatchTemplate().toString().replaceAll("\\{(\\w+):[^}]*}", "{$1}"))
                .filter(route -> route.contains(" /v1/") && METHODS.contains(route.split(" ", 2)[0]))
                .map(route -> route.replaceAll("\\{\\?[^}]*}", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> documented = new TreeSet<>();
        openApi.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (path.getKey().startsWith("/v1/") && METHODS.contains(operation.getKey())) {
                        documented.add(operation.getKey() + " " + path.getKey());
                    }
                }));
        assertEquals(routes, documented);
    }

    private record Operation(String name, JsonNode of) {}

    private Operation operation(String method, String path) {
        String plain = path.replaceAll("\\?.*", "");
        for (var entry : openApi.path("paths").properties()) {
            String pattern = entry.getKey().replaceAll("\\{\\w+}", "[^/]+");
            JsonNode found = entry.getValue().path(method.toLowerCase(java.util.Locale.ROOT));
            if (plain.matches(pattern) && !found.isMissingNode()) {
                return new Operation(found.path("operationId").asText(), found);
            }
        }
        throw new AssertionError("no operation for " + method + " " + path);
    }

    /** Calls, and holds request and answer against what is documented of them. */
    private void check(int status, String method, String path, String type, String body) throws Exception {
        Operation operation = operation(method, path);
        if (status < 400 && !type.endsWith("ndjson") && type.endsWith("json") && !body.isEmpty()) {
            JsonNode schema = operation
                    .of()
                    .path("requestBody")
                    .path("content")
                    .path(type)
                    .path("schema");
            assertValid(schema, mapper.readTree(body), operation.name() + " request");
        }
        HttpResponse<String> answer = calls.send(method, path, type, body);
        assertEquals(status, answer.statusCode(), answer.body());
        called.add(operation.name());
        JsonNode response = operation.of().path("responses").path(Integer.toString(status));
        if (response.isMissingNode()) {
            assertTrue(status >= 400, operation.name() + " does not tell of " + status);
            response = openApi.at("/components/responses/Problem");
        }
        if (response.has("content")) {
            String answered =
                    answer.headers().firstValue("Content-Type").orElse("").replaceAll(";.*", "");
            JsonNode content = response.path("content").path(answered);
            assertFalse(content.isMissingNode(), operation.name() + " answers undocumented " + answered);
            if (answered.endsWith("json")) {
                assertValid(content.path("schema"), mapper.readTree(answer.body()), operation.name() + " answer");
            }
        } else {
            assertEquals("", answer.body());
        }
    }

    private void assertValid(JsonNode schema, JsonNode value, String what) {
        assertFalse(schema.isMissingNode(), what + " has no schema");
        ObjectNode whole = schema.deepCopy();
        whole.set("components", openApi.path("components"));
        Set<ValidationMessage> wrong = schemas.getSchema(whole).validate(value);
        assertEquals(Set.of(), wrong, what + " " + value);
    }

    @Test
    void saysWhatIsAnswered() throws Exception {
        String models = "/v1/models/movies";
        for (String kind : new String[] {"users", "items"}) {
            String one = "/v1/" + kind + "/x%2F1";
            check(404, "GET", one, JSON, "");
            check(204, "PUT", one, JSON, "{\"features\":{\"a\":1,\"b\":[\"x\"],\"c\":true,\"d\":\"t\"}}");
            check(200, "PATCH", one, JSON, "{\"features\":{\"a\":null,\"b\":[\"y\"]}}");
            check(200, "PATCH", one, "application/merge-patch+json", "{\"features\":{}}");
            check(200, "GET", one, JSON, "");
            check(400, "PUT", one, JSON, "{\"features\":{\"a-b\":1}}");
            check(204, "DELETE", one, JSON, "");
            String lines = "{\"id\":\"i1\",\"features\":{\"a\":1}}\n{\"id\":\"i2\"}\n{";
            check(200, "POST", "/v1/" + kind + ":import", "application/x-ndjson", lines);
        }
        String rank = "{\"requestId\":\"o1\",\"user\":\"u\",\"session\":\"s\",\"context\":{\"device\":\"phone\"},"
                + "\"candidates\":[{\"item\":\"a\",\"features\":{\"price\":0.5}},{\"item\":\"b\"}],\"limit\":2}";
        check(200, "POST", models + "/rank", JSON, rank);
        check(400, "POST", models + "/rank", JSON, "{\"candidates\":[]}");
        check(404, "POST", "/v1/models/none/rank", JSON, rank);
        check(200, "POST", models + "/rank:batch", JSON, "{\"requests\":[" + rank + "]}");
        HttpResponse<String> mixed = calls.post(models + "/rank:batch", "{\"requests\":[" + rank + ",{}]}");
        assertValid(
                mapper.createObjectNode().put("$ref", "#/components/schemas/RankBatchAnswer"),
                mapper.readTree(mixed.body()),
                "a batch with a problem");
        String recommend = "{\"user\":\"u\",\"limit\":5,\"exclude\":[\"z\"],\"tags\":{},\"withSeen\":true}";
        check(200, "POST", models + "/recommend", JSON, recommend);
        check(200, "POST", models + "/recommend", JSON, "{\"tags\":{\"a\":[\"1\"],\"b\":[\"2\",\"3\"]}}");
        check(200, "POST", models + "/explain", JSON, "{\"candidates\":[{\"item\":\"a\"}],\"top\":1}");
        check(404, "POST", models + "/explain", JSON, "{\"candidates\":[{\"item\":\"a\"}],\"sinceVersion\":1}");
        check(200, "GET", "/v1/models", JSON, "");
        check(200, "GET", models, JSON, "");
        check(200, "GET", models + "/canaries/3", JSON, "");
        check(400, "GET", models + "/canaries/-3", JSON, "");
        check(404, "GET", "/v1/models/none/canaries/3", JSON, "");
        String event = "{\"id\":\"o-e1\",\"type\":\"like\",\"requestId\":\"o1\",\"item\":\"a\",\"value\":1.5,"
                + "\"time\":\"2026-01-31T12:00:00Z\"}";
        check(202, "POST", "/v1/events", JSON, "[" + event + "]");
        check(202, "POST", "/v1/events", "application/x-ndjson", event);
        String cloud = "{\"specversion\":\"1.0\",\"id\":\"o-e2\",\"source\":\"/s\",\"type\":\"like\","
                + "\"data\":{\"requestId\":\"o1\",\"item\":\"a\"}}";
        check(202, "POST", "/v1/events", "application/cloudevents+json", cloud);
        check(202, "POST", "/v1/events", "application/cloudevents-batch+json", "[" + cloud + "]");
        check(415, "POST", "/v1/events", "text/plain", "x");
        check(200, "GET", "/v1/events/o-e1?until=accepted&within=1s", JSON, "");
        check(200, "GET", "/v1/monitor?model=movies", JSON, "");
        check(200, "GET", models + "/requests?limit=3", JSON, "");
        check(200, "GET", models + "/requests/o1", JSON, "");
        check(404, "GET", models + "/requests/none", JSON, "");
        check(200, "GET", models + "/store", JSON, "");
        check(200, "GET", "/v1/parity", JSON, "");
        check(400, "GET", models + "/windows?length=2m", JSON, "");
        check(200, "GET", models + "/windows?length=1m&of=all&series=true", JSON, "");
        check(200, "GET", models + "/windows/parts?length=1h", JSON, "");
        versionsAndAlarms(models);
        check(200, "GET", "/v1/experiments", JSON, "");
        check(404, "GET", "/v1/experiments/movies", JSON, "");
        check(404, "PUT", "/v1/experiments/movies/arms/wide", JSON, "{\"role\":\"champion\",\"why\":\"w\"}");
        log.lastRecordMs = Long.MAX_VALUE / 2;
        for (String path : new String[] {"/health", "/health/liveness", "/health/readiness", "/prometheus"}) {
            check(200, "GET", path, JSON, "");
        }
        Set<String> all = new TreeSet<>();
        openApi.path("paths")
                .forEach(path -> path.forEach(operation -> {
                    if (operation.has("operationId")) {
                        all.add(operation.path("operationId").asText());
                    }
                }));
        // A stream has no one answer; its events are snapshots.
        all.remove("monitorStream");
        assertEquals(all, called, "every operation is called");
    }

    /** This model has no versions here; what is answered where it has stands in the end-to-end test of versions. */
    private void versionsAndAlarms(String models) throws Exception {
        check(404, "GET", models + "/versions", JSON, "");
        check(404, "POST", models + "/versions", JSON, "{\"why\":\"w\"}");
        check(404, "GET", models + "/versions/1", JSON, "");
        check(404, "GET", models + "/versions/1/diff/2", JSON, "");
        check(404, "GET", models + "/audit?limit=5", JSON, "");
        check(404, "PUT", models + "/aliases/champion", JSON, "{\"version\":1}");
        check(400, "PUT", models + "/aliases/champion", JSON, "{\"to\":1}");
        check(404, "POST", models + "/rollback", JSON, "{\"to\":\"5m\",\"hold\":true}");
        check(404, "PUT", models + "/learning", JSON, "{\"hold\":false,\"suspect\":\"skip\"}");
        // As the versions: those that run stand in the end-to-end test of chains.
        check(404, "GET", "/v1/chains?model=movies", JSON, "");
        check(404, "GET", "/v1/chains/r1", JSON, "");
        check(404, "POST", "/v1/chains", JSON, "{\"log\":{\"from\":\"1h\"},\"gate\":{\"minAuc\":0.6}}");
        check(404, "POST", "/v1/chains/r1/cancel", JSON, "{\"why\":\"w\"}");
        check(200, "GET", "/v1/alarms", JSON, "");
        check(200, "GET", "/v1/alarms/history", JSON, "");
        check(200, "PUT", "/v1/alarms/not-ready/silence", JSON, "{\"forMs\":1000}");
        check(404, "PUT", "/v1/alarms/no-such/silence", JSON, "{\"forMs\":1000}");
        check(400, "PUT", "/v1/alarms/not-ready/silence", JSON, "{}");
    }

    @Test
    void isToBeHadAsJsonToo() throws Exception {
        HttpResponse<String> json = calls.get("/openapi.json");
        assertEquals(openApi, mapper.readTree(json.body()));
    }

    @Test
    void aPageToTryItIsServedFromHere() throws Exception {
        HttpResponse<String> page = calls.get("/docs.html");
        assertEquals(200, page.statusCode());
        assertFalse(page.body().contains("http"), "nothing from elsewhere");
        var assets =
                java.util.regex.Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(page.body());
        int found = 0;
        while (assets.find()) {
            found++;
            assertEquals(
                    200, calls.get("/" + assets.group(1).replaceFirst("^/", "")).statusCode(), assets.group(1));
        }
        assertTrue(found == 4, page.body());
    }
}
