package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.canary.PublicReader;
import dev.millrace.api.http.RouteScopes;
import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.api.security.ApiKeys;
import dev.millrace.api.security.KeyTerms;
import dev.millrace.api.security.OwnKey;
import dev.millrace.api.security.OwnTls;
import dev.millrace.api.security.Scope;
import dev.millrace.api.security.SecurityConfig;
import dev.millrace.api.security.TestTls;
import dev.millrace.ingest.proto.api.Candidate;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.ingest.proto.api.RankingGrpc;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.micronaut.core.annotation.AnnotationMetadata;
import io.micronaut.web.router.RouteInfo;
import io.micronaut.web.router.Router;
import io.micronaut.web.router.UriRouteInfo;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The server with TLS and keys, over HTTPS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuardedServerTest {
    private static final String SHOP = "https://shop.example";
    private static final String EVENT = "{\"type\":\"like\",\"requestId\":\"q\",\"item\":\"a\"}";
    private static final String RANK = "{\"candidates\":[{\"item\":\"a\"}]}";

    private final MemoryLog log = new MemoryLog();
    private Path certificate;
    private ApiServer server;
    private HttpClient client;
    private String rank;
    private String web;
    private String admin;
    private String slow;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        TestTls tls = TestTls.in(folder);
        Path file = folder.resolve("keys");
        rank = key(file, Set.of(), null, Scope.RANK);
        web = key(file, Set.of(SHOP), null, Scope.EVENTS_WRITE);
        admin = key(file, Set.of(), null, Scope.ADMIN);
        slow = key(file, Set.of(), .5, Scope.RANK);
        var guarded = new SecurityConfig.Guarded(tls.files(), file, null, SecurityConfig.Rates.DEFAULT);
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0).withEdge("127.0.0.1", ApiConfig.Edge.DEV.withSecurity(guarded)),
                new Wiring(
                        Map.of("movies", new FixedWeights()),
                        new MemoryProfiles(),
                        Map.of(),
                        log,
                        log::tail,
                        listener -> Tail.NONE,
                        List.of(),
                        Map.of(),
                        AlarmRules.shipped(),
                        WindowParts.NONE,
                        OpenApiTest.SELDOM,
                        null,
                        Clock.systemUTC()));
        certificate = tls.files().certificate();
        client = HttpClient.newBuilder().sslContext(tls.trusting()).build();
    }

    /** As it reads its canaries: by its own key, which may rank and no more, and by its own certificate. */
    @Test
    void theServerCallsItselfAsOthersDo(@TempDir Path folder) throws Exception {
        OwnKey own = server.context().getBean(OwnKey.class);
        ApiConfig config = server.context().getBean(ApiConfig.class);
        try (PublicReader reader = ApiServer.reader(config, server.port(), own)) {
            assertEquals(0.5f, reader.score("movies", 3));
            assertThrows(IOException.class, () -> reader.score("none", 3));
        }
        assertEquals(
                403,
                send("GET", "/v1/monitor", "", "Authorization", own.bearer()).statusCode());
        assertFalse(own.toString().contains(own.bearer().substring(10)));
        try (PublicReader stranger = ApiServer.reader(config, server.port(), OwnKey.random(new SecureRandom()))) {
            var refused = assertThrows(IOException.class, () -> stranger.score("movies", 3));
            assertTrue(refused.toString().endsWith("401"), refused.toString());
        }
        var elsewhere =
                HttpClient.newBuilder().sslContext(OwnTls.of(TestTls.in(folder).files()));
        try (PublicReader misled = new PublicReader(elsewhere, server.uri(), own.bearer())) {
            assertThrows(SSLHandshakeException.class, () -> misled.score("movies", 3), "another server's certificate");
        }
    }

    private static String key(
            Path file, Set<String> origins, @org.jspecify.annotations.Nullable Double rate, Scope... scopes)
            throws IOException {
        return new ApiKeys(file, Clock.systemUTC())
                .create(new KeyTerms("test", Set.of(scopes), origins, rate), new SecureRandom())
                .key();
    }

    @AfterAll
    void stop() {
        server.close();
        client.close();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path));
    }

    private HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = to(path).header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private String named(String key) {
        return switch (key) {
            case "rank" -> rank;
            case "web" -> web;
            case "admin" -> admin;
            default -> "mk_nobody_nothing";
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST | /v1/models/movies/rank | rank     | 200
            POST | /v1/models/movies/rank | admin    | 200
            POST | /v1/models/movies/rank | web      | 403
            POST | /v1/models/movies/rank | stranger | 401
            POST | /v1/events             | web      | 202
            POST | /v1/events             | rank     | 403
            GET  | /v1/events/x           | rank     | 404
            GET  | /v1/events/x           | web      | 403
            GET  | /v1/models             | rank     | 200
            GET  | /v1/monitor            | rank     | 403
            GET  | /v1/monitor            | admin    | 200
            GET  | /v1/users/u            | rank     | 403
            GET  | /v1/users/u            | admin    | 404
            GET  | /prometheus            | rank     | 403
            GET  | /prometheus            | admin    | 200
            GET  | /v1/parity             | stranger | 401
            GET  | /nowhere               | stranger | 404
            """)
    void aRouteAsksForItsScope(String method, String path, String key, int status) throws Exception {
        String body = method.equals("GET") ? "" : path.endsWith("rank") ? RANK : EVENT;
        HttpResponse<String> response = send(method, path, body, "Authorization", "Bearer " + named(key));
        assertEquals(status, response.statusCode(), response.body());
        assertFalse(response.body().contains(named(key)), "secrets stay out");
        if (status == 401) {
            assertEquals(
                    "Bearer", response.headers().firstValue("WWW-Authenticate").orElse(""));
            assertEquals(
                    "DENY", response.headers().firstValue("X-Frame-Options").orElse(""), "as on every answer");
        }
    }

    @Test
    void healthIsOpenAndSaysLittle() throws Exception {
        HttpResponse<String> health = send("GET", "/health/liveness", "");
        assertEquals(200, health.statusCode(), health.body());
        String readiness = send("GET", "/health/readiness", "").body();
        assertTrue(readiness.contains("\"details\":null"), readiness);
        assertEquals(200, send("GET", "/", "").statusCode());
    }

    @Test
    void aPageMayPostEventsWithItsKey() throws Exception {
        HttpResponse<String> asked = send(
                "OPTIONS",
                "/v1/events",
                "",
                "Origin",
                SHOP,
                "Access-Control-Request-Method",
                "POST",
                "Access-Control-Request-Headers",
                "x-api-key");
        assertEquals(204, asked.statusCode(), asked.body());
        assertEquals(
                SHOP, asked.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
        assertTrue(asked.headers()
                .firstValue("Access-Control-Allow-Headers")
                .orElse("")
                .contains("X-Api-Key"));
        HttpResponse<String> posted = send("POST", "/v1/events", EVENT, "Origin", SHOP, "X-Api-Key", web);
        assertEquals(202, posted.statusCode(), posted.body());
        assertEquals(
                SHOP, posted.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
        HttpResponse<String> stolen =
                send("POST", "/v1/events", EVENT, "Origin", "https://evil.example", "X-Api-Key", web);
        assertEquals(403, stolen.statusCode(), stolen.body());
        assertTrue(stolen.body().contains("may not use this key"), stolen.body());
        HttpResponse<String> evil = send(
                "OPTIONS", "/v1/events", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST");
        assertTrue(evil.headers().firstValue("Access-Control-Allow-Origin").isEmpty());
    }

    @Test
    void aCallerBeyondItsRateIsToldWhenToComeAgain() throws Exception {
        assertEquals(200, send("GET", "/v1/models", "", "X-Api-Key", slow).statusCode());
        HttpResponse<String> refused = send("GET", "/v1/models", "", "X-Api-Key", slow);
        assertEquals(429, refused.statusCode(), refused.body());
        int seconds =
                Integer.parseInt(refused.headers().firstValue("Retry-After").orElse("0"));
        assertTrue(seconds >= 1 && seconds <= 2, refused.headers().toString());
        assertEquals(200, send("GET", "/v1/models", "", "X-Api-Key", rank).statusCode(), "others go on");
    }

    @Test
    void nobodyIsHeardWithoutTls() {
        HttpRequest plain = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/health"))
                .build();
        assertThrows(IOException.class, () -> client.send(plain, BodyHandlers.ofString()));
    }

    @Test
    void headersAndLinesHaveBounds() throws Exception {
        int large = send("GET", "/v1/models", "", "X-Api-Key", rank, "X-Large", "x".repeat(10_000))
                .statusCode();
        assertTrue(large == 431 || large == 400 || large == 413, "headers: " + large);
        int line = send("GET", "/v1/models?x=" + "x".repeat(5_000), "", "X-Api-Key", rank)
                .statusCode();
        assertTrue(line == 414 || line == 400 || line == 413, "line: " + line);
    }

    @Test
    void grpcAsksForTheSameKeysAndHidesItsServices() throws Exception {
        var trusting =
                GrpcSslContexts.forClient().trustManager(certificate.toFile()).build();
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
                .sslContext(trusting)
                .build();
        try {
            RankRequest request = RankRequest.newBuilder()
                    .setModel("movies")
                    .addCandidates(Candidate.newBuilder().setItem("a"))
                    .build();
            assertEquals(1, with(channel, rank).rank(request).getItemsCount());
            assertEquals(
                    Status.Code.PERMISSION_DENIED, code(() -> with(channel, web).rank(request)));
            assertEquals(
                    Status.Code.UNAUTHENTICATED,
                    code(() -> with(channel, "mk_nobody_nothing").rank(request)));
            assertEquals(
                    Status.Code.UNAUTHENTICATED,
                    code(() -> RankingGrpc.newBlockingStub(channel).rank(request)));
            var health = HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());
            assertNotNull(health);
            var listing = ServerReflectionGrpc.getServerReflectionInfoMethod();
            var asked = ServerReflectionRequest.newBuilder().setListServices("").build();
            assertEquals(
                    Status.Code.UNIMPLEMENTED,
                    code(() -> ClientCalls.blockingServerStreamingCall(channel, listing, CallOptions.DEFAULT, asked)
                            .next()));
        } finally {
            channel.shutdownNow();
        }
    }

    private static RankingGrpc.RankingBlockingStub with(ManagedChannel channel, String key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        return RankingGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static Status.Code code(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(StatusRuntimeException.class, call).getStatus().getCode();
    }

    /** A new route fails here until it states its scope: {@code @Access(Scope.X)}. */
    @Test
    void everyRouteStatesItsScope() {
        RouteScopes scopes = new RouteScopes();
        List<UriRouteInfo<?, ?>> routes =
                server.context().getBean(Router.class).uriRoutes().toList();
        assertTrue(routes.size() > 10, routes.toString());
        for (UriRouteInfo<?, ?> route : routes) {
            assertNotNull(scopes.of(route), route + " states no scope, so nobody may call it");
        }
    }

    @Test
    void aRouteThatStatesNothingIsSeen() {
        RouteInfo<?> silent = (RouteInfo<?>) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {RouteInfo.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "getAnnotationMetadata" -> AnnotationMetadata.EMPTY_METADATA;
                    case "getDeclaringType" -> Object.class;
                    case "hashCode" -> 1;
                    default -> false;
                });
        assertNull(new RouteScopes().of(silent));
    }

    @Test
    void whoAsksNobodyListensOnLoopbackOnly() {
        ApiConfig config = ApiConfig.of("nowhere:1");
        for (String host : List.of("0.0.0.0", "::", "shop.example")) {
            assertThrows(IllegalArgumentException.class, () -> config.withEdge(host, ApiConfig.Edge.DEV), host);
        }
        assertEquals(
                "localhost", config.withEdge("localhost", ApiConfig.Edge.DEV).host());
    }
}
