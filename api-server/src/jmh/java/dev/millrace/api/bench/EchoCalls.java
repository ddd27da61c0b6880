package dev.millrace.api.bench;

import dev.millrace.ingest.proto.api.RankAnswer;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.ingest.proto.api.RankedItem;
import dev.millrace.ingest.proto.api.RankingGrpc;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;

/** What the same gRPC server makes of a rank request by itself: it reads the message, and writes one as long as an answer. */
@Singleton
public class EchoCalls implements BindableService {
    private static final String SERVICE = "millrace.bench.Echo";
    private static final float SCORE = 0.5f;

    @Override
    public ServerServiceDefinition bindService() {
        MethodDescriptor<RankRequest, RankAnswer> rank = RankingGrpc.getRankMethod().toBuilder()
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Rank"))
                .setSchemaDescriptor(null)
                .build();
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(rank, ServerCalls.asyncUnaryCall(EchoCalls::echo))
                .build();
    }

    /** The first of the candidates, as if they had been scored. */
    private static void echo(RankRequest request, StreamObserver<RankAnswer> caller) {
        int candidates = request.getCandidatesCount();
        int limit = request.hasLimit() ? Math.min(request.getLimit(), candidates) : candidates;
        RankAnswer.Builder answer = RankAnswer.newBuilder()
                .setRequestId("01890a5d-ac96-774b-bcce-b302099a8057")
                .setModel("echo")
                .setModelVersion(1);
        for (int i = 0; i < limit; i++) {
            answer.addItems(RankedItem.newBuilder()
                    .setItem(request.getCandidates(i).getItem())
                    .setScore(SCORE)
                    .setPropensity(1));
        }
        caller.onNext(answer.build());
        caller.onCompleted();
    }
}
