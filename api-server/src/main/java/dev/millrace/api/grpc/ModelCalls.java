package dev.millrace.api.grpc;

import com.google.protobuf.Empty;
import dev.millrace.api.desk.CanaryDesk;
import dev.millrace.api.desk.ModelState;
import dev.millrace.api.desk.Models;
import dev.millrace.ingest.proto.api.CanaryRequest;
import dev.millrace.ingest.proto.api.CanaryScore;
import dev.millrace.ingest.proto.api.ModelRequest;
import dev.millrace.ingest.proto.api.ModelStates;
import dev.millrace.ingest.proto.api.ModelsGrpc;
import dev.millrace.ps.serve.WeightServer;
import io.grpc.stub.StreamObserver;
import java.time.Clock;

/** What the models are at, as over HTTP. */
final class ModelCalls extends ModelsGrpc.ModelsImplBase {
    private final Models models;
    private final CanaryDesk canaries;
    private final Clock clock;
    private final Calls calls;

    ModelCalls(Models models, CanaryDesk canaries, Clock clock, Calls calls) {
        this.models = models;
        this.canaries = canaries;
        this.clock = clock;
        this.calls = calls;
    }

    @Override
    public void list(Empty request, StreamObserver<ModelStates> caller) {
        calls.unary(caller, () -> {
            ModelStates.Builder states = ModelStates.newBuilder();
            for (WeightServer weights : models.all().values()) {
                calls.message(ModelState.of(weights, clock.millis()), states.addModelsBuilder());
            }
            return states.build();
        });
    }

    @Override
    public void canary(CanaryRequest request, StreamObserver<CanaryScore> caller) {
        calls.unary(
                caller,
                () -> calls.message(canaries.score(request.getModel(), request.getNumber()), CanaryScore.newBuilder())
                        .build());
    }

    @Override
    public void get(ModelRequest request, StreamObserver<dev.millrace.ingest.proto.api.ModelState> caller) {
        calls.unary(caller, () -> {
            ModelState state = ModelState.of(models.get(request.getModel()), clock.millis());
            return calls.message(state, dev.millrace.ingest.proto.api.ModelState.newBuilder())
                    .build();
        });
    }
}
