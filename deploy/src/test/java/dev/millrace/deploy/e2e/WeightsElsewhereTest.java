package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.load.client.TraceStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop through weights that are kept in Redis, and in a serving-ps process: learned, served, away, back. */
@Tag("e2e")
class WeightsElsewhereTest {
    @TempDir
    Path dir;

    @Test
    void whatWasLearnedIsInTheNextScoreFromRedis() throws Exception {
        try (Redis redis = Redis.start(dir);
                Service service = Service.start(dir.resolve("data"), WeightsFrom.parse(redis.uri()))) {
            likesAreLearned(service, "redis");
            redis.kill();
            noScoreIsMadeUp(service);
        }
    }

    @Test
    void whatWasLearnedIsInTheNextScoreFromServingPs() throws Exception {
        String endpoint = "tcp://127.0.0.1:" + freePort();
        Process process = null;
        try (Service service = Service.open(dir.resolve("data"), WeightsFrom.parse(endpoint))) {
            noScoreIsMadeUp(service);
            process = servingPs(service, endpoint);
            service.awaitReady();
            likesAreLearned(service, "first");
            process.destroyForcibly().waitFor();
            noScoreIsMadeUp(service);
            process = servingPs(service, endpoint);
            service.awaitReady();
            likesAreLearned(service, "second");
            process.destroy();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it stops when asked to");
            String said = Files.readString(dir.resolve("serving-ps.log"));
            assertTrue(said.contains("shards all of model shop at " + endpoint), said);
            assertTrue(said.contains("caught up after"), said);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private static void likesAreLearned(Service service, String round) throws InterruptedException {
        RankAnswer before = service.rank(round + "-1", "anna", "hat", "shoe");
        service.act(round + "-e1", "like", round + "-1", "shoe");
        assertEquals(TraceStatus.SERVED, service.settled(round + "-e1").status());
        RankAnswer after = service.rank(round + "-2", "anna", "hat", "shoe");
        assertTrue(score(after, "shoe") > score(before, "shoe"), before + " " + after);
        assertTrue(after.modelVersion() > before.modelVersion(), before + " " + after);
    }

    private static double score(RankAnswer answer, String item) {
        return answer.items().stream()
                .filter(i -> i.item().equals(item))
                .findFirst()
                .orElseThrow()
                .score();
    }

    private static void noScoreIsMadeUp(Service service) throws IOException, InterruptedException {
        HttpResponse<String> refused = service.send(
                "POST",
                "/v1/models/" + Service.MODEL + "/rank",
                "application/json",
                "{\"candidates\":[{\"item\":\"shoe\"}]}");
        assertEquals(503, refused.statusCode(), refused.body());
        assertTrue(refused.body().contains("the weights cannot be had now"), refused.body());
        assertTrue(refused.headers().firstValue("Retry-After").isPresent());
        Awaitility.await().atMost(Service.PATIENCE).until(() -> !service.client.ready());
    }

    private Process servingPs(Service service, String endpoint) throws IOException {
        Path spec = Files.writeString(dir.resolve("shop.yml"), Service.SPEC.yaml());
        ProcessBuilder builder = new ProcessBuilder(
                Tools.launcher().toString(),
                "serving-ps",
                "--bootstrap-servers",
                service.bootstrapServers(),
                "--spec",
                spec.toString(),
                "--data",
                dir.resolve("serving-ps").toString(),
                "--listen",
                endpoint);
        // The build that runs this test is the one to serve.
        builder.environment().put("MILLRACE_SKIP_BUILD", "1");
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        dir.resolve("serving-ps.log").toFile()))
                .start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
