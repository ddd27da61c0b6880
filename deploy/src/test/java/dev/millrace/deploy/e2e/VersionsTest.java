package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.load.client.ClientException;
import dev.millrace.load.client.RestClient;
import dev.millrace.load.client.TraceStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions are made, named, compared and gone back to, and learning goes on as it was told to, over a restart. */
@Tag("e2e")
class VersionsTest {
    private static final String ROOT = "/v1/models/" + Service.MODEL;
    private static final long IN_EFFECT_MS = 2_000;

    @TempDir
    Path data;

    private int turn;

    @Test
    void weightsGoBackAndLearningGoesOn() throws IOException, InterruptedException, TimeoutException {
        double fallen;
        long all;
        try (Service service = Service.start(data, TastesWorld.SPEC);
                RestClient rest = new RestClient(service.uri("/"))) {
            play(service, "like", 12);
            double liked = score(service);
            long one = make(rest, 1);
            long early = service.client.model(Service.MODEL).samplesLearned();
            assertEquals(early, version(rest, one).path("samples").asLong());

            long poisonedFromMs = System.currentTimeMillis();
            play(service, "dislike", 12);
            fallen = score(service);
            long poisonedToMs = System.currentTimeMillis();
            assertTrue(fallen < liked - 0.05, fallen + " after " + liked);
            long two = make(rest, 2);
            all = service.client.model(Service.MODEL).samplesLearned();
            assertTrue(rest.get(ROOT + "/versions/" + one + "/diff/" + two)
                            .path("changed")
                            .asLong()
                    > 0);

            String revision = rest.get(ROOT + "/versions").path("revision").asText();
            inEffect(rest.send("POST", ROOT + "/rollback", Map.of("to", one, "hold", true, "who", "eve"), revision));
            assertEquals(liked, score(service), 1e-6, "the weights of version 1, to the bit");
            assertEquals(early, service.client.model(Service.MODEL).samplesLearned());
            assertEquals("held", rest.get(ROOT + "/versions").path("learning").asText());
            assertEquals(
                    one,
                    rest.get(ROOT + "/versions")
                            .path("aliases")
                            .path("champion")
                            .asLong());
            refused(412, rest, "PUT", "/learning", Map.of("hold", false), revision);

            inEffect(rest.send("PUT", ROOT + "/learning", Map.of("hold", false), null));
            awaitSamples(service, all);
            assertEquals(fallen, score(service), 1e-6, "learned again, what came after it");

            inEffect(rest.send("PUT", ROOT + "/aliases/champion", Map.of("version", two), null));
            awaitSamples(service, all);
            assertEquals(fallen, score(service), 1e-6);
            inEffect(rest.send("PUT", ROOT + "/aliases/shadow-a", Map.of("version", one), null));
            assertEquals(one, version(rest, "shadow-a").path("version").asLong());
            refused(404, rest, "PUT", "/aliases/canary", Map.of("version", 77), null);
            refused(400, rest, "POST", "/rollback", Map.of("to", "whenever"), null);

            JsonNode back = rest.send(
                    "POST",
                    ROOT + "/rollback",
                    Map.of(
                            "to",
                            java.time.Instant.ofEpochMilli(poisonedFromMs).toString(),
                            "without",
                            List.of(Map.of("from", poisonedFromMs, "to", poisonedToMs))),
                    null);
            inEffect(back);
            play(service, "like", 1);
            awaitSamples(service, early + 1);
            assertTrue(score(service) >= liked - 1e-6, "the dislikes were left out: " + score(service));
            assertTrue(rest.get(ROOT + "/audit").toString().contains("\"who\":\"eve\""));
        }
        try (Service service = Service.start(data, TastesWorld.SPEC);
                RestClient rest = new RestClient(service.uri("/"))) {
            assertEquals(2, rest.get(ROOT + "/versions").path("versions").size());
            assertTrue(score(service) > fallen, "what was left out stays out");
            play(service, "like", 1);
            inEffect(rest.send("POST", ROOT + "/rollback", Map.of("to", "2"), null));
            GrpcVersions.run(service.grpcPort(), Service.MODEL);
        }
    }

    /** Every like or dislike is in the serving weights when this returns. */
    private void play(Service service, String type, int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            String id = "v-" + turn++;
            service.rank(id, "anna", "hat");
            service.act(id, type, id, "hat");
            assertEquals(TraceStatus.SERVED, service.settled(id).status());
        }
    }

    private static double score(Service service) throws InterruptedException {
        return service.rank("look-" + System.nanoTime(), "ben", "hat")
                .items()
                .getFirst()
                .score();
    }

    private static long make(RestClient rest, int count) throws IOException, InterruptedException {
        rest.send("POST", ROOT + "/versions", Map.of(), null);
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(() -> rest.get(ROOT + "/versions").path("versions").size() == count);
        return rest.get(ROOT + "/versions")
                .path("versions")
                .get(0)
                .path("version")
                .asLong();
    }

    private static JsonNode version(RestClient rest, Object name) throws IOException, InterruptedException {
        return rest.get(ROOT + "/versions/" + name);
    }

    private static void awaitSamples(Service service, long samples) {
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(() -> service.client.model(Service.MODEL).samplesLearned() == samples);
    }

    private static void inEffect(JsonNode answer) {
        assertTrue(answer.path("inEffect").asBoolean(), answer.toString());
        assertTrue(answer.path("tookMs").asLong() <= IN_EFFECT_MS, answer.toString());
    }

    private static void refused(
            int status, RestClient rest, String method, String path, Map<String, ?> body, @Nullable String ifMatch) {
        var refused = assertThrows(ClientException.Refused.class, () -> rest.send(method, ROOT + path, body, ifMatch));
        assertTrue(String.valueOf(refused.getMessage()).startsWith(status + " "), refused.toString());
    }
}
