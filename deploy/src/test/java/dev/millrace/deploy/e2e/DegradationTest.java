package dev.millrace.deploy.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.api.ApiConfig;
import dev.millrace.api.ApiParts;
import dev.millrace.api.ApiServer;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.deploy.embedded.ProfilesFrom;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.serve.ServingReplica;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API on a real Kafka and a real Redis, each a process that is stalled, let go on, killed and started again. */
class DegradationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String RANK = "/v1/models/demo/rank";
    private static final String ASK = "{\"user\":\"u1\",\"candidates\":[{\"item\":\"a\"},{\"item\":\"b\"}]}";

    @TempDir
    Path dir;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private Process broker;
    private int kafkaPort;
    private Redis redis;
    private ApiServer api;
    private int events;
    private final Set<String> acknowledged = new HashSet<>();

    @AfterEach
    void close() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
        client.close();
        signal("CONT", broker);
        broker.destroyForcibly().waitFor();
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private Process startBroker() throws IOException {
        Path log = dir.resolve("broker.log");
        ProcessBuilder builder = new ProcessBuilder(
                Tools.launcher().toString(),
                "broker",
                "--data",
                dir.resolve("broker").toString(),
                "--port",
                Integer.toString(kafkaPort));
        builder.environment().put("MILLRACE_SKIP_BUILD", "1");
        builder.environment().put("MILLRACE_JAVA_OPTS", "-Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1");
        Files.deleteIfExists(log);
        Process started =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        await().atMost(PATIENCE).until(() -> Files.readString(log).contains("Kafka at"));
        return started;
    }

    @BeforeEach
    void start() throws Exception {
        redis = opened(Redis.start(Files.createDirectories(dir.resolve("redis"))));
        kafkaPort = Serve.freePort();
        broker = startBroker();
        ModelSpec spec = LoadedSpec.shipped("demo").spec();
        String bootstrap = "127.0.0.1:" + kafkaPort;
        TopicAdmin.create(bootstrap, List.of(spec.model()), TopicAdmin.Layout.EMBEDDED);
        Clock clock = Clock.systemUTC();
        var config = new ServingReplica.Config(bootstrap, dir.resolve("rows"), dir.resolve("snapshots"));
        ServingReplica replica = opened(ServingReplica.start(config, spec, clock));
        ProfileStore profiles = opened(ProfilesFrom.parse(redis.uri()).open(dir));
        EventPublisher publisher = opened(new EventPublisher(EventPublisher.Config.of(bootstrap), clock));
        api = opened(ApiServer.start(
                ApiConfig.of(bootstrap).withPort(0),
                new ApiParts(Map.of(spec.model(), replica), profiles, Map.of(), publisher, clock)));
        await().atMost(PATIENCE).until(() -> get("/health/readiness").statusCode() == 200);
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port() + path))
                .header("Content-Type", "application/json")
                .timeout(PATIENCE);
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(to(path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return client.send(to(path).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> rank() throws IOException, InterruptedException {
        return post(RANK, ASK);
    }

    private int event() throws IOException, InterruptedException {
        String id = "e" + events++;
        String body = "{\"id\":\"" + id + "\",\"type\":\"click\",\"requestId\":\"r\",\"item\":\"a\"}";
        int status = post("/v1/events", body).statusCode();
        if (status == 202) {
            acknowledged.add(id);
        }
        return status;
    }

    private static void signal(String signal, Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private static double seconds(long sinceNs) {
        return (System.nanoTime() - sinceNs) / (double) TimeUnit.SECONDS.toNanos(1);
    }

    @Test
    void aLogThatIsAwayRefusesAndLosesNothing() throws Exception {
        assertEquals(200, rank().statusCode());
        assertEquals(202, event());

        signal("STOP", broker);
        long sinceNs = System.nanoTime();
        HttpResponse<String> refused = rank();
        assertEquals(503, refused.statusCode(), refused.body());
        assertTrue(refused.headers().firstValue("Retry-After").isPresent());
        assertTrue(seconds(sinceNs) < 5, "refused after " + seconds(sinceNs) + " s");
        assertEquals(503, event());
        await().atMost(PATIENCE).until(() -> get("/health/readiness").statusCode() == 503);
        assertEquals(200, get("/health/liveness").statusCode());
        signal("CONT", broker);
        await().atMost(PATIENCE).until(() -> rank().statusCode() == 200 && event() == 202);
        await().atMost(PATIENCE).until(() -> get("/health/readiness").statusCode() == 200);

        broker.destroyForcibly().waitFor();
        assertEquals(503, rank().statusCode());
        assertEquals(503, event());
        broker = startBroker();
        await().atMost(PATIENCE).until(() -> rank().statusCode() == 200 && event() == 202);
        Set<String> logged = logged();
        assertTrue(logged.containsAll(acknowledged), acknowledged + " acknowledged, logged " + logged);
    }

    private Set<String> logged() throws InvalidProtocolBufferException {
        Set<String> ids = new HashSet<>();
        for (byte[] value : Log.values("127.0.0.1:" + kafkaPort, Topics.ACTIONS)) {
            Envelope envelope = Envelope.parseFrom(value);
            if (envelope.hasAction()) {
                ids.add(envelope.getAction().getId());
            }
        }
        return ids;
    }

    /** What was known of an item goes on ranking; the answer says so, and is quick although Redis is not. */
    @Test
    void profilesThatAreAwayDegradeTheAnswer() throws Exception {
        HttpRequest put = to("/v1/items/a")
                .PUT(BodyPublishers.ofString("{\"features\":{\"category\":\"c\"}}"))
                .build();
        assertEquals(204, client.send(put, BodyHandlers.ofString()).statusCode());
        assertTrue(isWhole(rank()));

        signal("STOP", redis.process());
        await().atMost(PATIENCE).until(() -> isDegraded(rank()));
        long slowest = 0;
        for (int i = 0; i < 20; i++) {
            long startNs = System.nanoTime();
            assertTrue(isDegraded(rank()));
            slowest = Math.max(slowest, System.nanoTime() - startNs);
        }
        assertTrue(slowest < TimeUnit.SECONDS.toNanos(2), slowest + " ns");
        assertEquals(202, event());
        int status = client.send(put, BodyHandlers.ofString()).statusCode();
        assertEquals(503, status, "a profile that cannot be stored is not acknowledged");
        signal("CONT", redis.process());
        await().atMost(PATIENCE).until(() -> isWhole(rank()));

        redis.kill();
        await().atMost(PATIENCE).until(() -> isDegraded(rank()));
        assertEquals(200, get("/health/liveness").statusCode());
    }

    private static boolean isDegraded(HttpResponse<String> answer) {
        assertEquals(200, answer.statusCode(), answer.body());
        return answer.body().endsWith(",\"degraded\":[\"profiles\"]}");
    }

    private static boolean isWhole(HttpResponse<String> answer) {
        assertEquals(200, answer.statusCode(), answer.body());
        return !answer.body().contains("degraded");
    }
}
