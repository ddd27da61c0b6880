package dev.millrace.deploy.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.management.UnixOperatingSystemMXBean;
import dev.millrace.api.ApiConfig;
import dev.millrace.api.security.ApiKeys;
import dev.millrace.api.security.KeyTerms;
import dev.millrace.api.security.Scope;
import dev.millrace.api.security.SecurityConfig;
import dev.millrace.api.security.TestTls;
import dev.millrace.deploy.embedded.Door;
import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.ingest.hostile.Hostile;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * 10,000 malformed and hostile requests at the whole service, with TLS and keys: none of them is our fault (5xx), nothing is
 * left of them (buffers, connections, memory), no file holds a key, and afterwards it serves as before.
 */
@Tag("e2e")
class HostileRequestsTest {
    private static final long SEED = Long.getLong("millrace.seed", 20_261_122);
    private static final int REQUESTS = Integer.getInteger("millrace.hostile", 9_000);
    private static final int RAW = REQUESTS / 9;
    private static final int AT_A_TIME = 8;
    private static final long MAX_GROWTH = 96L << 20;
    private static final String JSON = "application/json";
    private static final String RANK = "/v1/models/shop/rank";

    private record Call(String method, String path, String type, List<byte[]> bodies) {
        static Call of(String method, String path, String type, String... bodies) {
            return new Call(
                    method,
                    path,
                    type,
                    Stream.of(bodies).map(b -> b.getBytes(UTF_8)).toList());
        }
    }

    private static final String EVENT =
            "{\"id\":\"e1\",\"type\":\"like\",\"requestId\":\"r\",\"item\":\"a\",\"value\":1.5,\"time\":1700000000000}";
    private static final String CLOUD = "{\"specversion\":\"1.0\",\"id\":\"c1\",\"source\":\"/s\",\"type\":\"like\","
            + "\"time\":\"2026-01-01T00:00:00Z\",\"data\":{\"requestId\":\"r\",\"item\":\"a\",\"value\":1}}";
    private static final List<Call> CALLS = List.of(
            Call.of(
                    "POST",
                    RANK,
                    JSON,
                    "{\"requestId\":\"r\",\"user\":\"anna\",\"session\":\"s\",\"context\":{\"device\":\"tv\"},\"limit\":3,"
                            + "\"candidates\":[{\"item\":\"a\"},{\"item\":\"b\",\"features\":{\"price\":3.5,\"tags\":[\"x\",\"y\"]}}]}",
                    "{\"candidates\":[{\"item\":\"\\u00e9\\ud83d\\ude00\"}]}"),
            Call.of(
                    "POST",
                    RANK + ":batch",
                    JSON,
                    "{\"requests\":[{\"candidates\":[{\"item\":\"a\"}]},{\"candidates\":[{\"item\":\"b\"}]}]}"),
            Call.of("POST", "/v1/events", JSON, EVENT, "[" + EVENT + "," + EVENT + "]"),
            Call.of("POST", "/v1/events", "application/x-ndjson", EVENT + "\n" + EVENT.replace("e1", "e2") + "\n\n"),
            Call.of("POST", "/v1/events", "application/cloudevents+json", CLOUD),
            Call.of("POST", "/v1/events", "application/cloudevents-batch+json", "[" + CLOUD + "]"),
            Call.of("PUT", "/v1/users/anna", JSON, "{\"features\":{\"age\":24,\"tags\":[\"a\",\"b\"],\"ok\":true}}"),
            Call.of(
                    "PATCH",
                    "/v1/items/a",
                    "application/merge-patch+json",
                    "{\"features\":{\"price\":null,\"title\":\"new\"}}"),
            Call.of(
                    "POST",
                    "/v1/items:import",
                    "application/x-ndjson",
                    "{\"id\":\"i\",\"features\":{\"price\":1}}\n{\"id\":\"j\",\"features\":{}}\n"),
            Call.of("GET", "/v1/events/e1?until=served&within=1ms", JSON, ""),
            Call.of("DELETE", "/v1/users/anna", JSON, ""));

    private final Random random = new Random(SEED);
    private final Map<Integer, Integer> statuses = new TreeMap<>();
    private String key = "";
    private URI base = URI.create("https://127.0.0.1");

    @Test
    void noneIsOurFaultAndNothingIsLeft(@TempDir Path dir) throws Exception {
        ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
        ListAppender<ILoggingEvent> log = listen();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        TestTls tls = TestTls.in(Files.createDirectories(dir.resolve("tls")));
        Path data = dir.resolve("data");
        key = new ApiKeys(data.resolve("keys"), Clock.systemUTC())
                .create(new KeyTerms("test", Set.of(Scope.ADMIN), Set.of(), 1e6), new SecureRandom())
                .key();
        var guarded = new SecurityConfig.Guarded(tls.files(), data.resolve("keys"), null, SecurityConfig.Rates.DEFAULT);
        Door door = new Door(ApiConfig.LOOPBACK, 0, ApiConfig.Edge.DEV.withSecurity(guarded));
        try (EmbeddedMillrace millrace =
                EmbeddedMillrace.start(data, Service.SPEC, door, 0, WeightsFrom.HERE, Clock.systemUTC())) {
            base = millrace.baseUri();
            millrace.awaitJoin(Service.PATIENCE);
            attack(tls, 300);
            long memory = usedAfterGc();
            long files = openFiles();
            statuses.clear();
            attack(tls, REQUESTS);
            System.out.println("seed " + SEED + ", answers by status: " + statuses);
            assertTrue(statuses.keySet().stream().noneMatch(status -> status >= 500), "seed " + SEED + ": " + statuses);
            assertTrue(statuses.getOrDefault(400, 0) > REQUESTS / 4, "most are refused: " + statuses);
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> openFiles() <= files + 20);
            long grown = usedAfterGc() - memory;
            assertTrue(grown < MAX_GROWTH, "seed " + SEED + ": heap grew by " + (grown >> 20) + " MiB");
            try (HttpClient client = client(tls)) {
                byte[] good = CALLS.getFirst().bodies().getFirst();
                assertEquals(200, send(client, CALLS.getFirst(), RANK, good).statusCode(), "it serves as before");
            }
        } finally {
            ResourceLeakDetector.setLevel(before);
            unlisten(log);
        }
        List<String> leaks = log.list.stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(m -> m.contains("LEAK"))
                .toList();
        assertEquals(List.of(), leaks);
        String secret = key.substring(key.indexOf('_', "mk_".length()) + 1);
        assertTrue(
                log.list.stream().noneMatch(event -> event.getFormattedMessage().contains(secret)));
        assertEquals(List.of(), Written.files(data, secret));
    }

    /** Netty's reports of leaks, and everything else that is logged while it runs. */
    private static ListAppender<ILoggingEvent> listen() {
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).addAppender(appender);
        return appender;
    }

    private static void unlisten(ListAppender<ILoggingEvent> appender) {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).detachAppender(appender);
    }

    private static HttpClient client(TestTls tls) {
        return HttpClient.newBuilder()
                .sslContext(tls.trusting())
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    private void attack(TestTls tls, int requests) throws Exception {
        try (HttpClient client = client(tls);
                ExecutorService workers = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                Call call = CALLS.get(random.nextInt(CALLS.size()));
                byte[] body =
                        call.bodies().getFirst().length == 0 ? new byte[0] : Hostile.mutate(random, call.bodies());
                String path = random.nextInt(10) == 0 ? hostilePath(call.path()) : call.path();
                answers.add(workers.submit(() -> send(client, call, path, body).statusCode()));
            }
            for (int i = 0; i < requests * RAW / REQUESTS; i++) {
                byte[] bytes = raw();
                boolean cut = random.nextBoolean();
                answers.add(workers.submit(() -> raw(tls, bytes, cut)));
            }
            for (Future<Integer> answer : answers) {
                statuses.merge(answer.get(), 1, Integer::sum);
            }
        }
    }

    private HttpResponse<byte[]> send(HttpClient client, Call call, String path, byte[] body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(base.resolve(path))
                        .header("Content-Type", call.type())
                        .header("X-Api-Key", key)
                        .timeout(Duration.ofSeconds(30))
                        .method(
                                call.method(),
                                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    private String hostilePath(String path) {
        String[] tails = {
            "/..%2f..%2fetc",
            "/%00",
            "/" + "a".repeat(3_000),
            "/%ff%fe",
            "?" + "x=1&".repeat(500),
            "//",
            "/%u0041",
            ";a=b",
            "/*"
        };
        return path + tails[random.nextInt(tails.length)].replace("%u", "%25u");
    }

    /** A request as bytes, changed anywhere: first line, headers, lengths, body. */
    private byte[] raw() {
        Call call = CALLS.get(random.nextInt(CALLS.size()));
        List<byte[]> requests = new ArrayList<>();
        for (byte[] body : call.bodies()) {
            String head = call.method() + " " + call.path() + " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: " + key
                    + "\r\nContent-Type: " + call.type() + "\r\n";
            String text = new String(body, ISO_8859_1);
            requests.add((head + "Content-Length: " + body.length + "\r\n\r\n" + text).getBytes(ISO_8859_1));
            requests.add((head + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(body.length) + "\r\n" + text
                            + "\r\n0\r\n\r\n")
                    .getBytes(ISO_8859_1));
        }
        return Hostile.mutate(random, requests);
    }

    /**
     * Sends the bytes as they are, and hangs up: at once, or after the answer.
     *
     * @return the status; 0: it closed the connection without an answer, or there was none to come
     */
    private int raw(TestTls tls, byte[] bytes, boolean cut) {
        try (Socket socket = tls.trusting().getSocketFactory().createSocket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(250);
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
            if (cut) {
                return 0;
            }
            InputStream in = socket.getInputStream();
            String line = new String(in.readNBytes("HTTP/1.1 200".length()), ISO_8859_1);
            return line.startsWith("HTTP/1.1 ") ? Integer.parseInt(line.substring("HTTP/1.1 ".length())) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private static long openFiles() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }

    private static long usedAfterGc() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
