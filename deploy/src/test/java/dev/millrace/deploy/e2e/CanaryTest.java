package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.monitor.window.WindowConfig;
import dev.millrace.deploy.embedded.Watching;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Canaries fly through a real service and come back, and nobody else sees them. */
@Tag("e2e")
class CanaryTest {
    private static final Watching WATCHING = new Watching(
            WindowConfig.DEFAULT.withSegments(Map.of("context.device", List.of("phone"))),
            new CanaryConfig(true, Duration.ofMillis(250), Duration.ofSeconds(2), 0.99, Duration.ofSeconds(30)),
            true);

    private final ObjectMapper mapper = new ObjectMapper();

    private JsonNode frame(Service service) throws IOException, InterruptedException {
        return mapper.readTree(service.get("/v1/monitor").body());
    }

    private static int readsOverHttp(String metrics) {
        return metrics.lines()
                .filter(line -> line.startsWith("http_server_requests_seconds_count")
                        && line.contains("/canaries/{number}")
                        && line.contains("status=\"200\""))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** What ann would be answered; nothing of it is logged. */
    private JsonNode explained(Service service) throws IOException, InterruptedException {
        String body = "{\"user\":\"ann\",\"candidates\":[{\"item\":\"hat\"}]}";
        return mapper.readTree(service.send("POST", "/v1/models/shop/explain", "application/json", body)
                .body());
    }

    @Test
    void canariesComeBackAndTouchNobody(@TempDir Path data) throws IOException, InterruptedException, TimeoutException {
        try (Service service = Service.watched(data, WATCHING)) {
            service.rank("c-1", "ann", "hat");
            service.act("c-e1", "like", "c-1", "hat");
            service.settled("c-e1");
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .until(() -> frame(service).at("/quality/total/samples").asInt() == 1);
            JsonNode before = explained(service);
            long seen = frame(service).at("/freshnessObjective/hour/good").asLong();
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .until(() ->
                            frame(service).at("/freshnessObjective/hour/good").asLong() >= seen + 20);
            JsonNode frame = frame(service);
            JsonNode objective = frame.path("freshnessObjective");
            assertEquals(2_000, objective.path("objectiveMs").asLong());
            assertTrue(objective.at("/hour/p50").asDouble() > 0, objective.toString());
            assertTrue(objective.at("/hour/p50").asDouble() < 2_000, objective.toString());
            for (String stage : List.of("accept", "join", "learn", "serve", "read")) {
                assertTrue(objective.path("stages").has(stage), objective.toString());
            }
            int reads = readsOverHttp(service.get("/prometheus").body());
            assertTrue(reads >= 20, "read back through the public API " + reads + " times");
            // Nobody else has them: not the samples, the scores, the windows, the candidates, the events, the traces.
            JsonNode after = explained(service);
            assertTrue(
                    after.path("modelVersion").asLong()
                            > before.path("modelVersion").asLong(),
                    "something was learned");
            assertEquals(
                    before.at("/items/0/score").asDouble(),
                    after.at("/items/0/score").asDouble());
            assertTrue(before.at("/items/0/score").asDouble() > 0.5, before.toString());
            assertEquals(1, frame.path("samplesLearned").asLong(), frame.toString());
            assertEquals(1, frame.at("/quality/total/samples").asLong());
            assertEquals(1, frame.path("traced").asLong());
            JsonNode day = mapper.readTree(
                    service.get("/v1/models/shop/windows?length=1d").body());
            assertEquals(1, day.at("/quality/samples").asLong(), day.toString());
            assertEquals(1, day.at("/drift/prediction/shown").asLong(), day.toString());
            assertEquals(
                    "[\"all\",\"context.device=other\",\"version=0\"]",
                    day.path("parts").toString());
            String recommended = service.send("POST", "/v1/models/shop/recommend", "application/json", "{}")
                    .body();
            assertTrue(!recommended.contains("millrace.canary"), recommended);
            String metrics = service.get("/prometheus").body();
            assertTrue(metrics.contains("millrace_canaries_total{model=\"shop\",outcome=\"good\"}"), metrics);
            assertTrue(metrics.contains("millrace_canary_burn_rate{model=\"shop\",window=\"1h\"}"));
        }
    }
}
