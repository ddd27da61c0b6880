package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import com.google.protobuf.Value;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.hostile.Hostile;
import dev.millrace.ingest.proto.api.Candidate;
import dev.millrace.ingest.proto.api.Event;
import dev.millrace.ingest.proto.api.PostEventsRequest;
import dev.millrace.ingest.proto.api.Profile;
import dev.millrace.ingest.proto.api.RankBatchRequest;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.ingest.proto.api.RankingGrpc;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Protobuf, given {@link Hostile} bytes: whatever a message is, it is read, or refused as the caller's fault. */
class GrpcHostileTest {
    private static final long SEED = 5;
    private static final int CALLS = 2_000;
    private static final Set<Status.Code> OURS =
            Set.of(Status.Code.INTERNAL, Status.Code.UNKNOWN, Status.Code.UNAVAILABLE, Status.Code.DATA_LOSS);
    private static final RankRequest RANK = RankRequest.newBuilder()
            .setModel("movies")
            .setUser("u")
            .putContext("device", Value.newBuilder().setStringValue("tv").build())
            .addCandidates(Candidate.newBuilder()
                    .setItem("a")
                    .putFeatures("price", Value.newBuilder().setNumberValue(.5).build()))
            .addCandidates(Candidate.newBuilder().setItem("b"))
            .setLimit(1)
            .build();
    private static final Map<String, Message> MESSAGES = Map.of(
            "Ranking/Rank", RANK,
            "Ranking/RankBatch",
                    RankBatchRequest.newBuilder()
                            .setModel("movies")
                            .addRequests(RANK.toBuilder().clearModel())
                            .build(),
            "Events/Post",
                    PostEventsRequest.newBuilder()
                            .addEvents(Event.newBuilder()
                                    .setId("e")
                                    .setType("like")
                                    .setRequestId("r")
                                    .setItem("a"))
                            .build(),
            "Users/Put",
                    Profile.newBuilder()
                            .setId("u")
                            .putFeatures(
                                    "age", Value.newBuilder().setNumberValue(24).build())
                            .build());

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream message) {
            try {
                return message.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    /** Whatever a caller says the price is, a score is a probability. */
    private static final class Probabilities extends FixedWeights {
        @Override
        public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
            long version = super.score(request, items, scores);
            for (int i = 0; i < items.size(); i++) {
                scores[i] = Math.clamp(scores[i], 0f, 1f);
            }
            return version;
        }
    }

    @Test
    void everyMessageIsReadOrRefusedAsTheCallersFault() throws InterruptedException {
        MemoryLog log = new MemoryLog();
        var wiring = new Wiring(
                Map.of("movies", new Probabilities()),
                new MemoryProfiles(),
                Map.of(),
                log,
                log::tail,
                Clock.systemUTC());
        Random random = new Random(SEED);
        Map<Status.Code, Integer> codes = new EnumMap<>(Status.Code.class);
        try (ApiServer server = ApiServer.start(ApiConfig.of("nowhere:1").withPort(0), wiring)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
                    .usePlaintext()
                    .build();
            List<String> methods = MESSAGES.keySet().stream().sorted().toList();
            for (int call = 0; call < CALLS; call++) {
                String method = methods.get(random.nextInt(methods.size()));
                byte[] bytes = Hostile.mutate(
                        random,
                        List.of(Objects.requireNonNull(MESSAGES.get(method)).toByteArray()));
                codes.merge(code(channel, method, bytes), 1, Integer::sum);
            }
            assertEquals(1, RankingGrpc.newBlockingStub(channel).rank(RANK).getItemsCount(), "it serves as before");
            channel.shutdownNow();
            assertTrue(channel.awaitTermination(10, TimeUnit.SECONDS));
        }
        assertTrue(codes.keySet().stream().noneMatch(OURS::contains), "seed " + SEED + ": " + codes);
        assertTrue(codes.getOrDefault(Status.Code.INVALID_ARGUMENT, 0) > CALLS / 4, codes.toString());
    }

    private static Status.Code code(ManagedChannel channel, String method, byte[] bytes) {
        MethodDescriptor<byte[], byte[]> raw = MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("millrace.api.v1." + method)
                .build();
        try {
            ClientCalls.blockingUnaryCall(
                    channel, raw, CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS), bytes);
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }
}
