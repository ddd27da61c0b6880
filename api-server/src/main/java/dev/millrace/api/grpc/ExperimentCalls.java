package dev.millrace.api.grpc;

import com.google.protobuf.Empty;
import dev.millrace.api.desk.ExperimentsDesk;
import dev.millrace.api.desk.VersionsDesk.Ask;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.proto.api.ExperimentsGrpc;
import dev.millrace.ingest.proto.api.InEffect;
import dev.millrace.ingest.proto.api.Leaderboard;
import dev.millrace.ingest.proto.api.Leaderboards;
import dev.millrace.ingest.proto.api.ModelRequest;
import dev.millrace.ingest.proto.api.SetArmRequest;
import dev.millrace.ps.version.VersionEvents.Said;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** Models that answer for one name, as over HTTP. */
final class ExperimentCalls extends ExperimentsGrpc.ExperimentsImplBase {
    /** Over HTTP they stand in the address and in a header. */
    private static final List<String> APART = List.of("model", "arm", "ifRevision");

    private final ExperimentsDesk desk;
    private final Calls calls;

    ExperimentCalls(ExperimentsDesk desk, Calls calls) {
        this.desk = desk;
        this.calls = calls;
    }

    @Override
    public void list(Empty request, StreamObserver<Leaderboards> caller) {
        calls.unary(
                caller,
                () -> calls.message(desk.all(), Leaderboards.newBuilder()).build());
    }

    @Override
    public void get(ModelRequest request, StreamObserver<Leaderboard> caller) {
        calls.unary(
                caller,
                () -> calls.message(desk.get(request.getModel()), Leaderboard.newBuilder())
                        .build());
    }

    @Override
    public void setArm(SetArmRequest request, StreamObserver<InEffect> caller) {
        long revision = request.hasIfRevision() ? request.getIfRevision() : Said.ANY;
        Ask ask = new Ask("grpc", request.getModel(), JsonIn.of(request, APART), revision);
        calls.unary(
                caller,
                () -> calls.message(desk.set(ask, request.getArm()), InEffect.newBuilder())
                        .build());
    }
}
