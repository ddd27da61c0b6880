package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.load.client.RestClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Labels are flipped for 30 s in a running service: it notices, freezes, serves the weights before, tells a webhook, and
 * goes on without what was flipped as if that had never been.
 */
@Tag("e2e")
class PoisonTest {
    private static final String ROOT = "/v1/models/" + TastesWorld.MODEL;
    private static final Duration FLIPPED = Duration.ofSeconds(Long.getLong("millrace.poison.seconds", 30));
    private static final long SEED = 7;
    private static final Duration BEFORE = Duration.ofSeconds(25);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path data;

    private final List<String> told = new CopyOnWriteArrayList<>();

    @Test
    void flippedLabelsAreTakenBack() throws IOException, InterruptedException, TimeoutException {
        HttpServer hook = hook();
        Files.writeString(
                data.resolve("alarms.yml"), """
                webhooks: ["http://127.0.0.1:%d/alarms"]
                alarms:
                  publishing-frozen: {when: gateFrozen > 0, severity: critical, says: frozen}
                """.formatted(hook.getAddress().getPort()));
        try (Service service = Service.start(data, TastesWorld.SPEC);
                RestClient rest = new RestClient(service.uri("/"))) {
            TastesWorld world = new TastesWorld(service, SEED);
            world.play(BEFORE);
            double good = world.servedLoss();

            world.flip(true);
            long flippedMs = System.currentTimeMillis();
            double worst = good;
            long frozenMs = -1;
            while (System.currentTimeMillis() - flippedMs < FLIPPED.toMillis()) {
                world.play(Duration.ofMillis(250));
                worst = Math.max(worst, world.servedLoss());
                if (frozenMs < 0 && frozen(rest)) {
                    frozenMs = System.currentTimeMillis() - flippedMs;
                }
            }
            world.flip(false);
            System.out.printf("served loss %.5f before, %.5f at worst; frozen after %d ms%n", good, worst, frozenMs);
            assertTrue(frozenMs >= 0 && frozenMs <= 15_000, "noticed after " + frozenMs + " ms");
            assertTrue(worst <= good * 1.02, "served log loss rose from " + good + " to " + worst);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> told.stream().anyMatch(t -> t.contains("publishing-frozen")));
            assertEquals(good, world.servedLoss(), good * 0.01, "the weights before serve again");

            // People go on; the gate sees that they are as before.
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> {
                        world.play(Duration.ofMillis(500));
                        return rest.get(ROOT + "/versions")
                                        .path("gate")
                                        .path("cleanFrom")
                                        .size()
                                > 0;
                    });
            JsonNode resumed = rest.send("PUT", ROOT + "/learning", Map.of("hold", false, "suspect", "skip"), null);
            assertTrue(resumed.path("inEffect").asBoolean(), resumed.toString());
            assertTrue(resumed.path("tookMs").asLong() <= 2_000, resumed.toString());
            world.play(Duration.ofSeconds(3));
            world.awaitLearned();

            double served = world.servedLoss();
            double neverSaw = world.lossOfARunThatNeverSaw(samples(service));
            System.out.printf("served loss %.5f at the end, %.5f of a run that never saw it%n", served, neverSaw);
            assertEquals(neverSaw, served, neverSaw * 0.002);
            assertTrue(!frozen(rest));
        } finally {
            hook.stop(0);
        }
    }

    private static boolean frozen(RestClient rest) throws IOException, InterruptedException {
        return rest.get(ROOT + "/versions").path("gate").path("frozen").asBoolean();
    }

    private static List<SampleBlock> samples(Service service) {
        return Log.samples(service.bootstrapServers(), TastesWorld.MODEL);
    }

    private HttpServer hook() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/alarms", exchange -> {
            told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        return server;
    }
}
