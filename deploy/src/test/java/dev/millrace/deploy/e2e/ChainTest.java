package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.load.client.ClientException;
import dev.millrace.load.client.RestClient;
import dev.millrace.load.client.TraceStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batch chains of a running service: from files and from its log to weights that serve, and what does not get there. */
@Tag("e2e")
class ChainTest {
    private static final String RUNS = "/v1/chains";

    @TempDir
    Path data;

    /** Likes of what is good, dislikes of what is bad. */
    private void csv(String name, int rows) throws IOException {
        Random random = new Random(5);
        StringBuilder text = new StringBuilder("label,user.id,item.id,age,tags,price\n");
        for (int i = 0; i < rows; i++) {
            boolean good = random.nextBoolean();
            text.append(random.nextInt(10) < (good ? 9 : 1) ? "like" : "dislike")
                    .append(",u%d,%s,%d,a|b,%d%n"
                            .formatted(
                                    random.nextInt(20),
                                    good ? "good" : "bad",
                                    random.nextInt(70),
                                    random.nextInt(100)));
        }
        Files.createDirectories(data.resolve("import"));
        Files.writeString(data.resolve("import").resolve(name), text);
    }

    @Test
    void filesAndTheLogBecomeWeightsThatServe() throws IOException, InterruptedException, TimeoutException {
        csv("history.csv", 3_000);
        Files.writeString(data.resolve("config.yml"), "chains: {tries: 2, firstWait: 100ms, atOnce: 2, memory: 1GiB}");
        try (Service service = Service.start(data);
                RestClient rest = new RestClient(service.uri("/"))) {
            double trained = fromFiles(service, rest);
            refused(rest);
            failed(rest);
            fromTheLog(service, rest, trained);
            cancelled(rest);
            notTaken(rest);
        }
    }

    private double fromFiles(Service service, RestClient rest) throws IOException, InterruptedException {
        JsonNode run = ended(rest, order(rest, "r-files", files("history.csv")));
        assertEquals("published", run.path("status").asText(), run.toString());
        assertEquals(List.of("convert", "train", "evaluate", "gate", "publish"), steps(run));
        double trained = run.path("metrics").path("trainedSamples").asDouble();
        double heldOut = run.path("metrics").path("heldOutSamples").asDouble();
        assertEquals(3_000, trained + heldOut);
        assertTrue(heldOut > 100 && heldOut < 900, run.toString());
        assertTrue(run.path("metrics").path("auc").asDouble() > 0.8, run.toString());
        assertEquals(
                List.of("good", "new", "bad"),
                service.rank("r1", "u1", "bad", "new", "good").items().stream()
                        .map(item -> item.item())
                        .toList());
        JsonNode versions = rest.get("/v1/models/" + Service.MODEL + "/versions");
        assertEquals(
                run.path("version").asLong(),
                versions.path("aliases").path("champion").asLong());
        assertEquals("batch", versions.path("versions").get(0).path("origin").asText());
        // The same order again is the same run.
        assertEquals(
                "published",
                order(rest, "r-files", files("history.csv")).path("status").asText());
        return trained;
    }

    private static void refused(RestClient rest) throws IOException, InterruptedException {
        Map<String, Object> order = files("history.csv");
        order.put("gate", Map.of("minAuc", 0.999));
        JsonNode run = ended(rest, order(rest, "r-refused", order));
        assertEquals("refused", run.path("status").asText(), run.toString());
        assertTrue(run.path("detail").asText().contains("auc is 0.9"), run.toString());
        awaitAlarm(rest, "chain-refused", "firing");
    }

    private static void failed(RestClient rest) throws IOException, InterruptedException {
        Map<String, Object> order = files("history.csv");
        order.put("files", Map.of("data", List.of("history.csv"), "label", "verdict"));
        order.put("chain", "other");
        JsonNode run = ended(rest, order(rest, "r-failed", order));
        assertEquals("failed", run.path("status").asText(), run.toString());
        assertEquals(List.of("convert", "convert"), steps(run));
        assertTrue(run.path("detail").asText().contains("verdict"), run.toString());
        awaitAlarm(rest, "chain-failed", "firing");
        var unused = rest.send("POST", RUNS + "/r-failed/cancel", Map.of("why", "seen"), null);
        awaitAlarm(rest, "chain-failed", "ok");
    }

    private static void fromTheLog(Service service, RestClient rest, double trained)
            throws IOException, InterruptedException {
        List<String> events = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            service.rank("l-" + i, "u1", "good", "bad");
            service.act("l-" + i, "like", "l-" + i, "good");
            events.add("l-" + i);
        }
        events.forEach(
                event -> assertEquals(TraceStatus.SERVED, service.settled(event).status()));
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(() -> service.client.model(Service.MODEL).samplesLearned() >= trained + 83);
        Map<String, Object> order = new HashMap<>();
        order.put("log", Map.of("from", "1 hour ago"));
        order.put("holdOut", 0.2);
        order.put("publish", "canary");
        order.put(
                "gate",
                Map.of(
                        "minSamples",
                        1,
                        "maxLossAbove",
                        0,
                        "maxNormalizedEntropy",
                        0,
                        "minCalibration",
                        0,
                        "maxCalibration",
                        0));
        JsonNode run = ended(rest, order(rest, "r-log", order));
        assertEquals("published", run.path("status").asText(), run.toString());
        JsonNode metrics = run.path("metrics");
        // Of the requests here, and of the one before.
        assertEquals(
                83,
                metrics.path("samples").asDouble()
                        + metrics.path("heldOutSamples").asDouble(),
                run.toString());
        assertTrue(metrics.has("servedLoss"), "beside the scores that served: " + run);
        JsonNode version = rest.get("/v1/models/" + Service.MODEL + "/versions/canary");
        assertEquals(run.path("version").asLong(), version.path("version").asLong());
        assertTrue(version.path("offsets").path("0").asLong() > 0, "it goes on where the held-out part begins");
    }

    private static void cancelled(RestClient rest) throws IOException, InterruptedException {
        var unused = order(rest, "r-cancel", files("history.csv"));
        unused = rest.send("POST", RUNS + "/r-cancel/cancel", Map.of("who", "eve", "why", "no"), null);
        assertEquals(
                "cancelled",
                ended(rest, rest.get(RUNS + "/r-cancel")).path("status").asText());
    }

    private static void notTaken(RestClient rest) {
        for (String place : List.of("/etc/passwd", "../config.yml", "none.csv", "s3://bucket/x?endpoint=http://here")) {
            var refused = assertThrows(
                    ClientException.Refused.class,
                    () -> order(rest, "r-x", new HashMap<>(Map.of("files", Map.of("data", List.of(place))))));
            assertTrue(String.valueOf(refused.getMessage()).contains("files.data[0]"), refused.toString());
        }
    }

    private static Map<String, Object> files(String name) {
        return new HashMap<>(Map.of("files", Map.of("data", List.of(name), "format", "csv")));
    }

    private static JsonNode order(RestClient rest, String run, Map<String, Object> order)
            throws IOException, InterruptedException {
        order.put("run", run);
        return rest.send("POST", RUNS, order, null);
    }

    private static JsonNode ended(RestClient rest, JsonNode ordered) {
        String run = ordered.path("run").asText();
        return Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(
                        () -> rest.get(RUNS + "/" + run),
                        now -> now.path("endedMs").asLong() > 0);
    }

    private static List<String> steps(JsonNode run) {
        List<String> steps = new ArrayList<>();
        run.path("tries").forEach(t -> steps.add(t.path("step").asText()));
        return steps;
    }

    private static void awaitAlarm(RestClient rest, String name, String state) {
        Awaitility.await().atMost(Service.PATIENCE).until(() -> {
            for (JsonNode alarm : rest.get("/v1/alarms").path("alarms")) {
                if (alarm.path("name").asText().equals(name)) {
                    return alarm.path("state").asText().equals(state);
                }
            }
            return false;
        });
    }
}
