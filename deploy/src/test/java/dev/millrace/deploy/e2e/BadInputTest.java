package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is sent, the answer is a problem that names the field and the fix, and the service stays well. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {
    private static final String RANK = "/v1/models/shop/rank";
    private static final String EVENTS = "/v1/events";
    private static final String JSON = "application/json";

    private final ObjectMapper mapper = new ObjectMapper();
    private Service service;

    @BeforeAll
    void start(@TempDir Path data) throws IOException, InterruptedException, TimeoutException {
        service = Service.start(data);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            /v1/models/shop/rank | {"candidates":[{"item":"a"}                              | 400 | ~~
            /v1/models/shop/rank | {"candidates":[]}                                        | 400 | candidates
            /v1/models/shop/rank | {"user":"u"}                                             | 400 | candidates
            /v1/models/shop/rank | {"candidates":"a"}                                       | 400 | candidates
            /v1/models/shop/rank | {"candidates":[{"item":7}]}                              | 400 | candidates[0].item
            /v1/models/shop/rank | {"candidates":[{"item":"a","features":{"prize":3}}]}     | 400 | candidates[0].features.prize
            /v1/models/shop/rank | {"context":{"devise":"x"},"candidates":[{"item":"a"}]}   | 400 | context.devise
            /v1/models/shop/rank | {"candidates":[{"item":"a"}],"limit":0}                  | 400 | limit
            /v1/models/shop/rank | {"candidats":[{"item":"a"}]}                             | 400 | candidats
            /v1/models/shopp/rank | {"candidates":[{"item":"a"}]}                           | 404 | model
            /v1/events | {"type":"like","requestId":"r","item":"a","time":99999999999999}   | 400 | time
            /v1/events | {"type":"like","requestId":"r","item":"a","time":"2999-01-01T00:00:00Z"} | 400 | time
            /v1/events | {"type":"like","item":"a"}                                         | 400 | requestId
            /v1/events | [{"type":"like","requestId":"r","item":"a"},{"type":5}]            | 400 | [1].type
            """)
    void namesTheField(String path, String body, int status, String field) throws IOException, InterruptedException {
        HttpResponse<String> response = service.send("POST", path, JSON, body);
        assertEquals(status, response.statusCode(), response.body());
        assertEquals(
                "application/problem+json",
                response.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", ""));
        JsonNode problem = mapper.readTree(response.body());
        assertEquals(status, problem.get("status").asInt());
        assertFalse(problem.path("detail").asText().isBlank(), response.body());
        if (!field.isEmpty()) {
            assertEquals(field, problem.path("field").asText(), response.body());
            assertFalse(problem.path("fix").asText().isBlank(), response.body());
        }
    }

    @Test
    void aThousandCandidatesAreRankedAndOneMoreIsRefused() throws IOException, InterruptedException {
        assertEquals(200, service.send("POST", RANK, JSON, candidates(1_000)).statusCode());
        HttpResponse<String> response = service.send("POST", RANK, JSON, candidates(1_001));
        assertEquals(400, response.statusCode());
        assertTrue(response.body().contains("1000") && response.body().contains("candidates"), response.body());
    }

    private static String candidates(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> "{\"item\":\"i" + i + "\"}")
                .collect(Collectors.joining(",", "{\"candidates\":[", "]}"));
    }

    @Test
    void aBodyBeyondTheLimitIsRefused() throws IOException, InterruptedException {
        String large = "{\"candidates\":[{\"item\":\"" + "x".repeat(3 << 20) + "\"}]}";
        assertEquals(413, service.send("POST", RANK, JSON, large).statusCode());
    }

    @Test
    void oneBadEventRefusesAllAndLogsNone() throws IOException, InterruptedException {
        String lines = "{\"id\":\"none-1\",\"type\":\"like\",\"requestId\":\"r\",\"item\":\"a\"}\n{\"id\":\"none-2\"";
        HttpResponse<String> response = service.send("POST", EVENTS, "application/x-ndjson", lines);
        assertEquals(400, response.statusCode(), response.body());
        assertEquals(404, service.get("/v1/events/none-1").statusCode());
    }

    @Test
    void memoryStaysBoundedUnderRubbish() throws IOException, InterruptedException {
        String large = "{\"candidates\":[{\"item\":\"" + "x".repeat(1 << 20) + "\"}]}";
        String deep = "[".repeat(100_000);
        for (int i = 0; i < 20; i++) {
            rubbish(large, deep);
        }
        long before = usedAfterGc();
        for (int i = 0; i < 300; i++) {
            rubbish(large, deep);
        }
        long grown = usedAfterGc() - before;
        assertTrue(grown < 64L << 20, "heap grew by " + (grown >> 20) + " MiB over 900 requests of 360 MiB together");
        assertEquals(200, service.send("POST", RANK, JSON, candidates(2)).statusCode());
    }

    private void rubbish(String large, String deep) throws IOException, InterruptedException {
        assertEquals(400, service.send("POST", RANK, JSON, large).statusCode());
        assertEquals(400, service.send("POST", EVENTS, JSON, deep).statusCode());
        assertEquals(400, service.send("PUT", "/v1/users/u", JSON, deep).statusCode());
    }

    private static long usedAfterGc() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
