package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.RankRequest;
import dev.millrace.load.client.RestClient;
import dev.millrace.load.client.Trace;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots and versions in an object store: weights go back to one there. */
@Tag("e2e")
class ObjectStoreTest {
    private static final String ROOT = "/v1/models/" + Service.MODEL;
    /** Whose they are comes from the environment; this store asks nobody. */
    private static final Map<String, String> KEYS =
            Map.of("AWS_ACCESS_KEY_ID", "local", "AWS_SECRET_ACCESS_KEY", "secret");

    @TempDir
    Path dir;

    private int turn;

    private Process serve(int port) throws IOException {
        Path spec = Files.writeString(dir.resolve("shop.yml"), Service.SPEC.yaml());
        return ApiProcess.millrace(
                dir.resolve("serve.log"),
                KEYS,
                "serve",
                "--spec",
                spec.toString(),
                "--data",
                dir.resolve("data").toString(),
                "--port",
                Integer.toString(port),
                "--canary",
                "off");
    }

    @Test
    void versionsAreKeptThereAndGoneBackTo() throws Exception {
        assumeTrue(S3.isThere(), "the S3 server's jar is copied by the build of serving-ps");
        Path data = Files.createDirectories(dir.resolve("data"));
        int port = Serve.freePort();
        URI base = URI.create("http://127.0.0.1:" + port);
        Process process = null;
        try (S3 store = S3.start(dir);
                MillraceClient client = new MillraceClient(base);
                RestClient rest = new RestClient(base)) {
            Files.writeString(data.resolve("config.yml"), "snapshots: " + store.address("m") + "\n");
            process = serve(port);
            awaitReady(client);
            play(client, "like");
            double liked = score(client);
            rest.send("POST", ROOT + "/versions", Map.of(), null);
            Awaitility.await().atMost(Service.PATIENCE).until(() -> versions(rest) == 1);
            assertTrue(Files.exists(store.object("m/shop/versions/1")), "the version's objects");
            play(client, "dislike");
            assertTrue(score(client) < liked);
            JsonNode back = rest.send("POST", ROOT + "/rollback", Map.of("to", 1, "hold", true), null);
            assertTrue(back.path("inEffect").asBoolean(), back.toString());
            assertEquals(liked, score(client), 1e-6, "as the version there has it");
            assertFalse(Files.exists(data.resolve("models/shop/snapshots")), "none are here");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private static void awaitReady(MillraceClient client) {
        // With the process's own start.
        Awaitility.await()
                .atMost(Service.PATIENCE.multipliedBy(3))
                .ignoreExceptions()
                .until(client::ready);
    }

    private static int versions(RestClient rest) throws IOException, InterruptedException {
        return rest.get(ROOT + "/versions").path("versions").size();
    }

    private void play(MillraceClient client, String type) throws InterruptedException {
        for (int i = 0; i < 8; i++) {
            String id = "o-" + turn++;
            client.rank(Service.MODEL, RankRequest.of(id, "anna", List.of("hat")));
            client.events(List.of(new Event(id, type, id, "hat", null, null)));
        }
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(() -> client.trace("o-" + (turn - 1), Duration.ofSeconds(5))
                        .map(Trace::status)
                        .filter(status -> status.ended())
                        .isPresent());
    }

    private static double score(MillraceClient client) throws InterruptedException {
        return client.rank(Service.MODEL, RankRequest.of("look-" + System.nanoTime(), "anna", List.of("hat")))
                .items()
                .getFirst()
                .score();
    }
}
