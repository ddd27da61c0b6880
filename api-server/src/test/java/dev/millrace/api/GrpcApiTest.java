package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Empty;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.millrace.api.grpc.GrpcConfig;
import dev.millrace.ingest.proto.api.CanaryRequest;
import dev.millrace.ingest.proto.api.Candidate;
import dev.millrace.ingest.proto.api.Event;
import dev.millrace.ingest.proto.api.EventsAnswer;
import dev.millrace.ingest.proto.api.EventsGrpc;
import dev.millrace.ingest.proto.api.ExperimentsGrpc;
import dev.millrace.ingest.proto.api.ExplainAnswer;
import dev.millrace.ingest.proto.api.ExplainRequest;
import dev.millrace.ingest.proto.api.ImportAnswer;
import dev.millrace.ingest.proto.api.ImportRequest;
import dev.millrace.ingest.proto.api.ItemsGrpc;
import dev.millrace.ingest.proto.api.MetricsGrpc;
import dev.millrace.ingest.proto.api.ModelRequest;
import dev.millrace.ingest.proto.api.ModelsGrpc;
import dev.millrace.ingest.proto.api.PostEventsRequest;
import dev.millrace.ingest.proto.api.Profile;
import dev.millrace.ingest.proto.api.ProfileId;
import dev.millrace.ingest.proto.api.PromoteRequest;
import dev.millrace.ingest.proto.api.RankAnswer;
import dev.millrace.ingest.proto.api.RankBatchAnswer;
import dev.millrace.ingest.proto.api.RankBatchRequest;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.ingest.proto.api.RankingGrpc;
import dev.millrace.ingest.proto.api.RecommendAnswer;
import dev.millrace.ingest.proto.api.RecommendRequest;
import dev.millrace.ingest.proto.api.SetArmRequest;
import dev.millrace.ingest.proto.api.TraceRequest;
import dev.millrace.ingest.proto.api.UsersGrpc;
import dev.millrace.ingest.proto.api.VersionsGrpc;
import dev.millrace.ingest.proto.api.WindowPartsRequest;
import dev.millrace.ingest.proto.api.WindowRequest;
import dev.millrace.ingest.proto.api.WindowsGrpc;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The other edge: the same answers, problems and bounds as over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrpcApiTest {
    private final MemoryLog log = new MemoryLog();
    private final FixedWeights weights = new FixedWeights();
    private ApiServer server;
    private HttpCalls http;
    private ManagedChannel channel;

    @BeforeAll
    void start() {
        var limits = new ApiConfig.Limits(40, 200_000, 800_000, 1, 4, 4, 2, 1, 1000, 1000, 1000, 100, 1000, 1000);
        server = ApiServer.start(ApiConfig.of("nowhere:1").withPort(0).withLimits(limits), wiring());
        http = new HttpCalls(server.port());
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
                .usePlaintext()
                .build();
    }

    private Wiring wiring() {
        return new Wiring(Map.of("movies", weights), new MemoryProfiles(), Map.of(), log, log::tail, Clock.systemUTC());
    }

    @AfterAll
    void stop() {
        channel.shutdownNow();
        http.close();
        server.close();
    }

    @BeforeEach
    void healthy() {
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        log.caughtUp = true;
        log.lastRecordMs = Long.MAX_VALUE / 2;
        // There is one place, and a call that its caller gave up leaves it a moment later.
        String one = "{\"candidates\":[{\"item\":\"a\",\"features\":{\"price\":1}}]}";
        Awaitility.await()
                .until(() -> http.post("/v1/models/movies/explain", one).statusCode() == 200);
    }

    private RankingGrpc.RankingBlockingStub ranking() {
        return RankingGrpc.newBlockingStub(channel);
    }

    private static Candidate candidate(String item, double price) {
        return Candidate.newBuilder()
                .setItem(item)
                .putFeatures("price", Value.newBuilder().setNumberValue(price).build())
                .build();
    }

    private static RankRequest.Builder request(String id) {
        return RankRequest.newBuilder()
                .setModel("movies")
                .setRequestId(id)
                .setUser("u")
                .putContext("device", Value.newBuilder().setStringValue("phone").build())
                .addCandidates(candidate("a", 0.25))
                .addCandidates(candidate("b", 0.75))
                .setLimit(1);
    }

    /** Reads an answer of HTTP as the message that api.proto has for it: the same names and types. */
    private static <B extends Message.Builder> B fromJson(String json, B builder)
            throws InvalidProtocolBufferException {
        JsonFormat.parser().merge(json, builder);
        return builder;
    }

    @Test
    void anAnswerIsThatOfHttp() throws Exception {
        RankAnswer answer = ranking().rank(request("g1").build());
        assertEquals("b", answer.getItems(0).getItem());
        assertEquals(1, answer.getItemsCount());
        assertEquals(0.75f, answer.getItems(0).getScore());
        // The same request over HTTP is known by its id and gets the same answer.
        String body = "{\"requestId\":\"g1\",\"user\":\"u\",\"context\":{\"device\":\"phone\"},\"limit\":1,"
                + "\"candidates\":[{\"item\":\"a\",\"features\":{\"price\":0.25}},{\"item\":\"b\",\"features\":{\"price\":0.75}}]}";
        String over = http.post("/v1/models/movies/rank", body).body();
        assertEquals(answer, fromJson(over, RankAnswer.newBuilder()).build());
        assertEquals(
                1,
                log.impressions.stream()
                        .filter(i -> i.getRequestId().equals("g1"))
                        .count());
    }

    @Test
    void batchesRecommendationsAndExplanationsToo() throws Exception {
        RankBatchAnswer batch = ranking()
                .rankBatch(RankBatchRequest.newBuilder()
                        .setModel("movies")
                        .addRequests(request("g2").clearModel())
                        .addRequests(RankRequest.newBuilder().setUser("u"))
                        .build());
        assertEquals(400, batch.getResults(1).getStatus());
        assertEquals("requests[1].candidates", batch.getResults(1).getProblem().getField());
        ItemsGrpc.newBlockingStub(channel)
                .put(Profile.newBuilder()
                        .setId("stored")
                        .putFeatures(
                                "price", Value.newBuilder().setNumberValue(0.5).build())
                        .build());
        RecommendAnswer recommended = ranking()
                .recommend(RecommendRequest.newBuilder()
                        .setModel("movies")
                        .setRequestId("g3")
                        .build());
        assertEquals("stored", recommended.getItems(0).getItem());
        String over = http.post("/v1/models/movies/recommend", "{\"requestId\":\"g3\"}")
                .body();
        assertEquals(recommended, fromJson(over, RecommendAnswer.newBuilder()).build());
        ExplainAnswer explained = ranking()
                .explain(ExplainRequest.newBuilder()
                        .setModel("movies")
                        .addCandidates(candidate("a", 1))
                        .build());
        double sum = explained.getItems(0).getContributionsList().stream()
                .mapToDouble(c -> c.getContribution())
                .sum();
        assertEquals(explained.getItems(0).getLogit(), sum, 1e-9);
    }

    @Test
    void eventsProfilesAndModels() throws Exception {
        var events = EventsGrpc.newBlockingStub(channel);
        Event event = Event.newBuilder()
                .setId("g-e1")
                .setType("like")
                .setRequestId("g")
                .setItem("a")
                .setTime(com.google.protobuf.Timestamp.newBuilder().setSeconds(1_700_000_000))
                .build();
        EventsAnswer posted =
                events.post(PostEventsRequest.newBuilder().addEvents(event).build());
        assertEquals(1, posted.getAccepted());
        assertEquals(1_700_000_000_000L, log.actions.getLast().getTimeMs());
        assertEquals(
                "accepted",
                events.trace(TraceRequest.newBuilder()
                                .setId("g-e1")
                                .setUntil("accepted")
                                .build())
                        .getStatus());
        var users = UsersGrpc.newBlockingStub(channel);
        ProfileId anna = ProfileId.newBuilder().setId("anna").build();
        users.put(Profile.newBuilder().setId("anna").build());
        Profile patched = users.patch(Profile.newBuilder()
                .setId("anna")
                .putFeatures("age", Value.newBuilder().setNumberValue(30).build())
                .build());
        assertEquals(30, patched.getFeaturesOrThrow("age").getNumberValue());
        assertEquals(patched, users.get(anna));
        String over = http.get("/v1/users/anna").body();
        assertEquals(patched, fromJson(over, Profile.newBuilder()).build());
        users.delete(anna);
        assertEquals(Status.Code.NOT_FOUND, code(() -> users.get(anna)));
        var models = ModelsGrpc.newBlockingStub(channel);
        assertEquals(
                "movies", models.list(Empty.getDefaultInstance()).getModels(0).getModel());
        ModelRequest movies = ModelRequest.newBuilder().setModel("movies").build();
        assertEquals("movies", models.get(movies).getModel());
    }

    @Test
    void profilesInBulkAndEventsUnderAKey() {
        var items = ItemsGrpc.newBlockingStub(channel);
        Profile good = Profile.newBuilder()
                .setId("bulk-1")
                .putFeatures("price", Value.newBuilder().setNumberValue(.5).build())
                .build();
        ImportAnswer answer = items.load(ImportRequest.newBuilder()
                .addProfiles(good)
                .addProfiles(good.toBuilder().setId(""))
                .addProfiles(Profile.newBuilder().setId("bulk-2"))
                .build());
        assertEquals(2, answer.getStored());
        assertEquals(1, answer.getFailed());
        assertEquals(2, answer.getErrors(0).getLine());
        assertEquals("id", answer.getErrors(0).getField());
        assertEquals(good, items.get(ProfileId.newBuilder().setId("bulk-1").build()));

        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("idempotency-key", Metadata.ASCII_STRING_MARSHALLER), "g-key");
        var keyed = EventsGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        PostEventsRequest post = PostEventsRequest.newBuilder()
                .addEvents(Event.newBuilder().setType("like").setRequestId("g").setItem("a"))
                .build();
        assertEquals(1, keyed.post(post).getAccepted());
        EventsAnswer again = keyed.post(post);
        assertEquals(0, again.getAccepted());
        assertEquals(1, again.getDuplicates());
        assertEquals("g-key.0", again.getEvents(0).getId());
        RankAnswer ranked = RankingGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .rank(request("").clearRequestId().build());
        assertEquals("g-key", ranked.getRequestId());
    }

    /** Where none are kept it is said so; what is done with those that are stands in the end-to-end test of versions. */
    @Test
    void versionsAreAskedForAtTheSameDesk() {
        var versions = VersionsGrpc.newBlockingStub(channel);
        ModelRequest movies = ModelRequest.newBuilder().setModel("movies").build();
        assertEquals(Status.Code.NOT_FOUND, code(() -> versions.list(movies)));
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                code(() -> versions.promote(PromoteRequest.newBuilder()
                        .setModel("movies")
                        .setAlias("canary")
                        .build())));
    }

    /** What they say where there is something to say of stands in the end-to-end tests of windows, arms and canaries. */
    @Test
    void windowsExperimentsAndFreshnessAreAskedForAtTheSameDesks() throws Exception {
        var windows = WindowsGrpc.newBlockingStub(channel);
        WindowRequest minute = WindowRequest.newBuilder().setModel("movies").build();
        assertEquals(404, http.get("/v1/models/movies/windows").statusCode(), "none are kept here");
        assertEquals(Status.Code.NOT_FOUND, code(() -> windows.get(minute)));
        assertEquals(
                Status.Code.NOT_FOUND,
                code(() -> windows.parts(
                        WindowPartsRequest.newBuilder().setModel("movies").build())));
        var experiments = ExperimentsGrpc.newBlockingStub(channel);
        ModelRequest movies = ModelRequest.newBuilder().setModel("movies").build();
        assertEquals(0, experiments.list(Empty.getDefaultInstance()).getExperimentsCount());
        assertEquals(Status.Code.NOT_FOUND, code(() -> experiments.get(movies)));
        SetArmRequest king =
                SetArmRequest.newBuilder().setModel("movies").setArm("wide").build();
        assertEquals(
                "role",
                detail(refused(() -> experiments.setArm(king)), BadRequest.class)
                        .getFieldViolations(0)
                        .getField());
        var metrics = MetricsGrpc.newBlockingStub(channel);
        assertEquals("movies", metrics.get(movies).getFieldsOrThrow("model").getStringValue());
        assertEquals(
                metrics.freshness(movies).getFreshnessMs().getStagesMap().keySet(),
                metrics.get(movies)
                        .getFieldsOrThrow("freshnessMs")
                        .getStructValue()
                        .getFieldsOrThrow("stages")
                        .getStructValue()
                        .getFieldsMap()
                        .keySet());
        assertEquals(
                Status.Code.NOT_FOUND,
                code(() ->
                        metrics.get(ModelRequest.newBuilder().setModel("none").build())));
        assertEquals(
                Status.Code.NOT_FOUND,
                code(() -> ModelsGrpc.newBlockingStub(channel)
                        .canary(CanaryRequest.newBuilder().setModel("movies").build())),
                "none flies here");
    }

    private static Status.Code code(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(StatusRuntimeException.class, call).getStatus().getCode();
    }

    private static com.google.rpc.Status refused(org.junit.jupiter.api.function.Executable call) {
        return StatusProto.fromThrowable(assertThrows(StatusRuntimeException.class, call));
    }

    private static <T extends Message> T detail(com.google.rpc.Status status, Class<T> type)
            throws InvalidProtocolBufferException {
        for (Any any : status.getDetailsList()) {
            if (any.is(type)) {
                return any.unpack(type);
            }
        }
        throw new AssertionError("no " + type + " in " + status);
    }

    @Test
    void whatIsWrongHasACodeTheFieldAndTheFix() throws Exception {
        var bad = request("bad").addCandidates(candidate("a", 1)).build();
        com.google.rpc.Status status = refused(() -> ranking().rank(bad));
        assertEquals(Status.Code.INVALID_ARGUMENT.value(), status.getCode());
        BadRequest.FieldViolation violation = detail(status, BadRequest.class).getFieldViolations(0);
        assertEquals("candidates[2].item", violation.getField());
        assertTrue(violation.getDescription().contains("send each item once"), violation.getDescription());
        assertEquals("400", detail(status, ErrorInfo.class).getMetadataOrThrow("httpStatus"));
        var prize = request("bad")
                .clearContext()
                .putContext("devise", Value.newBuilder().setBoolValue(true).build())
                .build();
        assertEquals(
                "context.devise",
                detail(refused(() -> ranking().rank(prize)), BadRequest.class)
                        .getFieldViolations(0)
                        .getField());
        var other = request("bad").setModel("movis").build();
        assertEquals(Status.Code.NOT_FOUND, code(() -> ranking().rank(other)));
        Event never = Event.newBuilder()
                .setType("like")
                .setRequestId("r")
                .setItem("a")
                .setTime(com.google.protobuf.Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))
                .build();
        var events = EventsGrpc.newBlockingStub(channel);
        com.google.rpc.Status odd = refused(() ->
                events.post(PostEventsRequest.newBuilder().addEvents(never).build()));
        assertEquals(
                "[0].time", detail(odd, BadRequest.class).getFieldViolations(0).getField());
        var taken = request("taken").build();
        ranking().rank(taken);
        assertEquals(
                Status.Code.ALREADY_EXISTS,
                code(() -> ranking().rank(taken.toBuilder().setLimit(2).build())));
    }

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream bytes) {
            try {
                return bytes.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    @Test
    void bytesThatAreNoMessageAreTheCallersToMend() {
        long seed = 11;
        Random random = new Random(seed);
        byte[] good = request("raw").build().toByteArray();
        int refused = 0;
        for (var method : List.of(
                RankingGrpc.getRankMethod(),
                RankingGrpc.getExplainMethod(),
                EventsGrpc.getPostMethod(),
                UsersGrpc.getPutMethod())) {
            var raw = method.toBuilder(BYTES, BYTES).build();
            for (int i = 0; i < 100; i++) {
                byte[] bytes = good.clone();
                for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                try {
                    var unused = ClientCalls.blockingUnaryCall(channel, raw, CallOptions.DEFAULT, bytes);
                } catch (StatusRuntimeException e) {
                    refused++;
                    assertTrue(
                            Set.of(Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND, Status.Code.ALREADY_EXISTS)
                                    .contains(e.getStatus().getCode()),
                            () -> "seed " + seed + ": " + e.getStatus() + " for " + method.getFullMethodName());
                }
            }
        }
        assertTrue(refused > 200, "only " + refused);
    }

    @Test
    void aLogThatDoesNotAnswerIsUnavailableAndSaysWhenToComeAgain() throws Exception {
        log.mode = MemoryLog.Mode.REFUSE;
        com.google.rpc.Status status =
                refused(() -> ranking().rank(request("again").build()));
        assertEquals(Status.Code.UNAVAILABLE.value(), status.getCode());
        assertEquals(1, detail(status, RetryInfo.class).getRetryDelay().getSeconds());
        assertEquals("again", detail(status, ErrorInfo.class).getMetadataOrThrow("requestId"));
    }

    @Test
    void aPassedDeadlineEndsTheWorkAndGivesItsPlaceBack() {
        log.mode = MemoryLog.Mode.WAIT;
        int waiting = log.waiting();
        var slow = ranking().withDeadlineAfter(300, TimeUnit.MILLISECONDS);
        assertEquals(
                Status.Code.DEADLINE_EXCEEDED,
                code(() -> slow.rank(request("late").build())));
        assertEquals(waiting + 1, log.waiting());
        log.mode = MemoryLog.Mode.ACKNOWLEDGE;
        // There is one place, which the two seconds of waiting for the log would have kept.
        Awaitility.await()
                .atMost(1, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> ranking().rank(request("after").build()).getItemsCount() == 1);
    }

    @Test
    void scoringStopsWhenItsTimeIsOver() {
        int before = weights.abandoned.get();
        weights.endless = true;
        try {
            var slow = ranking().withDeadlineAfter(100, TimeUnit.MILLISECONDS);
            assertEquals(
                    Status.Code.DEADLINE_EXCEEDED,
                    code(() -> slow.rank(request("endless").build())));
            Awaitility.await().until(() -> weights.abandoned.get() == before + 1);
        } finally {
            weights.endless = false;
        }
        assertEquals(
                1,
                Awaitility.await()
                        .ignoreExceptions()
                        .until(() -> ranking().rank(request("ends").build()), answer -> true)
                        .getItemsCount());
    }

    @Test
    void metricsComeUntilTheCallerGoesAndTheirStreamsAreBounded() throws Exception {
        var movies = ModelRequest.newBuilder().setModel("movies").build();
        var call = channel.newCall(MetricsGrpc.getStreamMethod(), CallOptions.DEFAULT);
        Iterator<Struct> stream = ClientCalls.blockingServerStreamingCall(call, movies);
        for (int i = 0; i < 2; i++) {
            assertEquals("movies", stream.next().getFieldsOrThrow("model").getStringValue());
        }
        var metrics = MetricsGrpc.newBlockingStub(channel);
        assertEquals(
                Status.Code.RESOURCE_EXHAUSTED,
                code(() -> metrics.stream(movies).next()));
        assertEquals(429, http.get("/v1/monitor/stream").statusCode());
        call.cancel("enough", null);
        Awaitility.await()
                .ignoreExceptions()
                .until(() -> MetricsGrpc.newBlockingStub(channel).withDeadlineAfter(500, TimeUnit.MILLISECONDS).stream(
                                movies)
                        .next()
                        .containsFields("rates"));
    }

    @Test
    void healthFollowsReadiness() {
        var health = HealthGrpc.newBlockingStub(channel);
        HealthCheckRequest all = HealthCheckRequest.getDefaultInstance();
        Awaitility.await().until(() -> health.check(all).getStatus() == ServingStatus.SERVING);
        log.caughtUp = false;
        Awaitility.await().until(() -> health.check(all).getStatus() == ServingStatus.NOT_SERVING);
    }

    @Test
    void reflectionTellsOfAllServices() throws Exception {
        Set<String> services = new HashSet<>();
        var done = new java.util.concurrent.CountDownLatch(1);
        var asking = ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new io.grpc.stub.StreamObserver<>() {
            @Override
            public void onNext(ServerReflectionResponse answer) {
                answer.getListServicesResponse().getServiceList().forEach(s -> services.add(s.getName()));
            }

            @Override
            public void onError(Throwable failure) {
                done.countDown();
            }

            @Override
            public void onCompleted() {
                done.countDown();
            }
        });
        asking.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        asking.onCompleted();
        assertTrue(done.await(5, TimeUnit.SECONDS));
        for (String name : Set.of(
                "Ranking", "Events", "Users", "Items", "Models", "Versions", "Windows", "Experiments", "Metrics")) {
            assertTrue(services.contains("millrace.api.v1." + name), services + " without " + name);
        }
    }

    private ManagedChannel channelTo(ApiServer other) {
        return NettyChannelBuilder.forAddress("127.0.0.1", other.grpcPort())
                .usePlaintext()
                .build();
    }

    @Test
    void closesWhileAStreamIsOpen() {
        ApiConfig config = ApiConfig.of("nowhere:1").withPort(0).withGrpc(new GrpcConfig(0, true, 2, 10, 1, 8192));
        ApiServer other = ApiServer.start(config, wiring());
        ManagedChannel listening = channelTo(other);
        try {
            Iterator<?> stream = MetricsGrpc.newBlockingStub(listening).stream(ModelRequest.getDefaultInstance());
            assertTrue(stream.hasNext());
            assertTimeoutPreemptively(Duration.ofSeconds(60), other::close);
        } finally {
            listening.shutdownNow();
        }
    }

    @Test
    void oneConnectionOrCallTooManyIsRefused() throws Exception {
        GrpcConfig few = new GrpcConfig(0, true, 2, 10, 1, 8192);
        ApiConfig config = ApiConfig.of("nowhere:1").withPort(0).withGrpc(few);
        List<ManagedChannel> channels = new java.util.ArrayList<>();
        try (ApiServer other = ApiServer.start(config, wiring())) {
            for (int i = 0; i < 3; i++) {
                channels.add(channelTo(other));
            }
            var first = RankingGrpc.newBlockingStub(channels.get(0));
            var second = RankingGrpc.newBlockingStub(channels.get(1));
            assertEquals(1, first.rank(request("one").build()).getItemsCount());
            // A call gives its place back a moment after its answer.
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> second.rank(request("two").build()).getItemsCount() == 1);
            assertEquals(
                    Status.Code.RESOURCE_EXHAUSTED,
                    code(() -> RankingGrpc.newBlockingStub(channels.get(2))
                            .rank(request("three").build())));
            // The one call that there may be.
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> MetricsGrpc.newBlockingStub(channels.get(0)).stream(ModelRequest.getDefaultInstance())
                            .hasNext());
            assertEquals(
                    Status.Code.RESOURCE_EXHAUSTED,
                    code(() -> second.rank(request("four").build())));
            assertEquals(
                    ServingStatus.SERVING,
                    HealthGrpc.newBlockingStub(channels.get(1))
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus());
            channels.get(0).shutdownNow();
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> second.rank(request("five").build()).getItemsCount() == 1);
            // A place is free again: for the connection that was one too many, too.
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> RankingGrpc.newBlockingStub(channels.get(2))
                                    .rank(request("three").build())
                                    .getItemsCount()
                            == 1);
            channels.get(2).shutdownNow();
            // Whoever connects and says nothing takes no place, and gives none back.
            for (int i = 0; i < 5; i++) {
                new Socket("127.0.0.1", other.grpcPort()).close();
            }
            channels.set(0, channelTo(other));
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> RankingGrpc.newBlockingStub(channels.get(0))
                                    .rank(request("six").build())
                                    .getItemsCount()
                            == 1);
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    @Test
    void whereItIsOffThereIsNone() {
        try (ApiServer other = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0).withGrpc(GrpcConfig.DEFAULT.withPort(GrpcConfig.OFF)),
                wiring())) {
            assertEquals(GrpcConfig.OFF, other.grpcPort());
        }
    }
}
