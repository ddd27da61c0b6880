package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.proto.api.Candidate;
import dev.millrace.ingest.proto.api.Event;
import dev.millrace.ingest.proto.api.EventsGrpc;
import dev.millrace.ingest.proto.api.PostEventsRequest;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.ingest.proto.api.RankingGrpc;
import dev.millrace.ingest.proto.api.TraceRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;

/** Rank, like, wait until it is served, rank: over gRPC. */
final class GrpcLoop {
    private GrpcLoop() {}

    static void run(int port) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            RankRequest request = RankRequest.newBuilder()
                    .setModel("shop")
                    .setRequestId("grpc-1")
                    .setUser("jon")
                    .addCandidates(Candidate.newBuilder().setItem("grpc-hat"))
                    .build();
            var ranking = RankingGrpc.newBlockingStub(channel);
            float before = ranking.rank(request).getItems(0).getScore();
            var events = EventsGrpc.newBlockingStub(channel);
            Event like = Event.newBuilder()
                    .setId("grpc-e1")
                    .setType("like")
                    .setRequestId("grpc-1")
                    .setItem("grpc-hat")
                    .build();
            assertEquals(
                    1,
                    events.post(PostEventsRequest.newBuilder().addEvents(like).build())
                            .getAccepted());
            TraceRequest served = TraceRequest.newBuilder()
                    .setId("grpc-e1")
                    .setUntil("served")
                    .setWithin("30s")
                    .build();
            assertEquals("served", events.trace(served).getStatus());
            var again = ranking.rank(request.toBuilder().setRequestId("grpc-2").build());
            assertTrue(again.getItems(0).getScore() > before);
        } finally {
            channel.shutdownNow();
        }
    }
}
