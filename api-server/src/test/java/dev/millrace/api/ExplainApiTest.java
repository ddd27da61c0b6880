package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ps.serve.ServedVersion;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Explaining over HTTP, with weights made of their keys; those of version 3 are zeros. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExplainApiTest {
    private static final String EXPLAIN = "/v1/models/movies/explain";
    private static final Pattern NUMBER = Pattern.compile("\"(contribution|logit|others)\":([-0-9.E]+)");

    private final FixedWeights weights = new FixedWeights() {
        @Override
        public long readAt(long sequence, long[] keys, int n, float[] rows) {
            Arrays.fill(rows, 0f);
            return Math.max(3, sequence);
        }
    };
    private final MemoryLog log = new MemoryLog();
    private ApiServer server;
    private HttpCalls calls;

    @BeforeAll
    void start() {
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0),
                new Wiring(
                        Map.of("movies", weights), new MemoryProfiles(), Map.of(), log, log::tail, Clock.systemUTC()));
        calls = new HttpCalls(server.port());
        weights.apply(new ServedVersion(7, 1, 2, 3, Map.of(0, 42L), 5, -77, 0, 10));
    }

    @AfterAll
    void stop() {
        server.close();
        calls.close();
    }

    private static double sum(String answer) {
        double sum = 0;
        for (var found : NUMBER.matcher(answer).results().toList()) {
            sum += (found.group(1).equals("logit") ? -1 : 1) * Double.parseDouble(found.group(2));
        }
        return sum;
    }

    @Test
    void contributionsHaveNamesAndSumToTheLogit() throws Exception {
        calls.put("/v1/users/anna", "{\"features\":{\"age\":33}}");
        calls.put("/v1/items/i1", "{\"features\":{\"genres\":[\"Comedy\",\"Drama\"]}}");
        HttpResponse<String> answer = calls.post(
                EXPLAIN,
                "{\"user\":\"anna\",\"context\":{\"device\":\"phone\"},\"candidates\":[{\"item\":\"i1\",\"features\":{\"price\":2.5}}]}");
        assertEquals(200, answer.statusCode(), answer.body());
        assertTrue(
                answer.body()
                        .startsWith("{\"model\":\"movies\",\"modelVersion\":7,\"learnedMs\":1,\"offsets\":{\"0\":42},"
                                + "\"method\":\"terms\",\"items\":[{\"item\":\"i1\",\"score\":"),
                answer.body());
        for (String name : new String[] {
            "(bias)", "user=anna", "age=33", "item=i1", "genres=Comedy", "genres=Drama", "price=2.5", "device=phone"
        }) {
            assertTrue(
                    answer.body().contains("{\"feature\":\"" + name + "\",\"value\":"), name + " in " + answer.body());
        }
        assertEquals(0, sum(answer.body()), 1e-5);
        assertEquals(0, log.impressions.size());
    }

    @Test
    void theRestOfALongListIsOneSum() throws Exception {
        HttpResponse<String> answer =
                calls.post(EXPLAIN, "{\"user\":\"anna\",\"top\":1,\"candidates\":[{\"item\":\"i1\"}]}");
        assertEquals(2, answer.body().split("\"feature\":", -1).length, answer.body());
        assertEquals(0, sum(answer.body()), 1e-5);
    }

    @Test
    void changesAreToldFromAVersionThatIsRemembered() throws Exception {
        String ask = "{\"user\":\"anna\",\"candidates\":[{\"item\":\"i1\"}],\"sinceVersion\":%d}";
        HttpResponse<String> since = calls.post(EXPLAIN, ask.formatted(5));
        assertEquals(200, since.statusCode(), since.body());
        assertTrue(since.body().contains("\"sinceVersion\":5"), since.body());
        assertTrue(since.body().contains("\"was\":{\"score\":0.5,\"logit\":0.0,\"base\":0.0,\"others\":0.0}"));
        assertTrue(since.body().contains("\"was\":0.0}"), since.body());
        for (int unknown : new int[] {2, 8}) {
            HttpResponse<String> refused = calls.post(EXPLAIN, ask.formatted(unknown));
            assertEquals(404, refused.statusCode(), refused.body());
            assertTrue(refused.body().contains("\"field\":\"sinceVersion\""), refused.body());
        }
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        assertTrue(calls.post(EXPLAIN, "{\"limit\":1}").body().contains("\"field\":\"limit\""));
        assertTrue(calls.post(EXPLAIN, "{}").body().contains("1..20"));
        assertEquals(404, calls.post(EXPLAIN.replace("movies", "x"), "{}").statusCode());
    }
}
