package dev.millrace.api.grpc;

import dev.millrace.api.desk.ExplainDesk;
import dev.millrace.api.desk.IdempotencyKey;
import dev.millrace.api.desk.RankDesk;
import dev.millrace.api.desk.RecommendDesk;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.proto.api.ExplainAnswer;
import dev.millrace.ingest.proto.api.ExplainRequest;
import dev.millrace.ingest.proto.api.RankAnswer;
import dev.millrace.ingest.proto.api.RankBatchAnswer;
import dev.millrace.ingest.proto.api.RankBatchRequest;
import dev.millrace.ingest.proto.api.RankRequest;
import dev.millrace.ingest.proto.api.RankedItem;
import dev.millrace.ingest.proto.api.RankingGrpc;
import dev.millrace.ingest.proto.api.RecommendAnswer;
import dev.millrace.ingest.proto.api.RecommendRequest;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** Ranking, as over HTTP. */
final class RankingCalls extends RankingGrpc.RankingImplBase {
    /** Over HTTP it stands in the address. */
    private static final List<String> MODEL = List.of("model");

    private final RankDesk ranks;
    private final RecommendDesk recommends;
    private final ExplainDesk explains;
    private final Calls calls;

    RankingCalls(RankDesk ranks, RecommendDesk recommends, ExplainDesk explains, Calls calls) {
        this.ranks = ranks;
        this.recommends = recommends;
        this.explains = explains;
        this.calls = calls;
    }

    @Override
    public void rank(RankRequest request, StreamObserver<RankAnswer> caller) {
        calls.unary(
                caller,
                () -> message(
                        ranks.rank(request.getModel(), JsonIn.of(request, MODEL), IdempotencyKey.of(Doors.KEY.get()))));
    }

    private static RankAnswer message(dev.millrace.api.rank.RankAnswer answer) {
        RankAnswer.Builder message = RankAnswer.newBuilder()
                .setRequestId(answer.requestId())
                .setModel(answer.model())
                .setModelVersion(answer.modelVersion())
                .addAllDegraded(answer.degraded());
        for (var item : answer.items()) {
            message.addItems(RankedItem.newBuilder()
                    .setItem(item.item())
                    .setScore(item.score())
                    .setPropensity(item.propensity())
                    .putAllHeads(item.heads()));
        }
        return message.build();
    }

    @Override
    public void rankBatch(RankBatchRequest request, StreamObserver<RankBatchAnswer> caller) {
        calls.unary(caller, () -> {
            var answer = ranks.rankBatch(request.getModel(), JsonIn.of(request, MODEL));
            return calls.message(answer, RankBatchAnswer.newBuilder()).build();
        });
    }

    @Override
    public void recommend(RecommendRequest request, StreamObserver<RecommendAnswer> caller) {
        calls.unary(caller, () -> {
            var answer = recommends.recommend(request.getModel(), JsonIn.of(request, MODEL));
            return calls.message(answer, RecommendAnswer.newBuilder()).build();
        });
    }

    @Override
    public void explain(ExplainRequest request, StreamObserver<ExplainAnswer> caller) {
        calls.unary(caller, () -> {
            var answer = explains.explain(request.getModel(), JsonIn.of(request, MODEL));
            return calls.message(answer, ExplainAnswer.newBuilder()).build();
        });
    }
}
