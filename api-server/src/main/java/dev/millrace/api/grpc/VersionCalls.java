package dev.millrace.api.grpc;

import com.google.protobuf.Message;
import dev.millrace.api.desk.VersionsDesk;
import dev.millrace.api.desk.VersionsDesk.Ask;
import dev.millrace.api.json.JsonIn;
import dev.millrace.ingest.proto.api.AuditAnswer;
import dev.millrace.ingest.proto.api.AuditRequest;
import dev.millrace.ingest.proto.api.InEffect;
import dev.millrace.ingest.proto.api.LearningRequest;
import dev.millrace.ingest.proto.api.MakeVersionRequest;
import dev.millrace.ingest.proto.api.ModelRequest;
import dev.millrace.ingest.proto.api.ModelVersion;
import dev.millrace.ingest.proto.api.PromoteRequest;
import dev.millrace.ingest.proto.api.RollbackRequest;
import dev.millrace.ingest.proto.api.VersionDiff;
import dev.millrace.ingest.proto.api.VersionDiffRequest;
import dev.millrace.ingest.proto.api.VersionList;
import dev.millrace.ingest.proto.api.VersionRequest;
import dev.millrace.ingest.proto.api.VersionsGrpc;
import dev.millrace.ps.version.VersionEvents.Said;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;

/** Versions of a model, as over HTTP. */
final class VersionCalls extends VersionsGrpc.VersionsImplBase {
    private static final int ENTRIES = 100;
    /** Over HTTP they stand in the address and in a header. */
    private static final List<String> APART = List.of("model", "ifRevision", "alias");

    private final VersionsDesk desk;
    private final Calls calls;

    VersionCalls(VersionsDesk desk, Calls calls) {
        this.desk = desk;
        this.calls = calls;
    }

    @Override
    public void list(ModelRequest request, StreamObserver<VersionList> caller) {
        calls.unary(
                caller,
                () -> calls.message(desk.list(request.getModel()), VersionList.newBuilder())
                        .build());
    }

    @Override
    public void get(VersionRequest request, StreamObserver<ModelVersion> caller) {
        calls.unary(
                caller,
                () -> calls.message(desk.get(request.getModel(), request.getVersion()), ModelVersion.newBuilder())
                        .build());
    }

    @Override
    public void diff(VersionDiffRequest request, StreamObserver<VersionDiff> caller) {
        calls.unary(
                caller,
                () -> calls.message(
                                desk.diff(request.getModel(), request.getFrom(), request.getTo()),
                                VersionDiff.newBuilder())
                        .build());
    }

    @Override
    public void audit(AuditRequest request, StreamObserver<AuditAnswer> caller) {
        int limit = request.hasLimit() ? request.getLimit() : ENTRIES;
        calls.unary(
                caller,
                () -> calls.message(desk.audit(request.getModel(), limit), AuditAnswer.newBuilder())
                        .build());
    }

    @Override
    public void make(MakeVersionRequest request, StreamObserver<InEffect> caller) {
        calls.unary(
                caller,
                () -> effect(
                        desk.make(ask(request, request.getModel(), request.hasIfRevision(), request.getIfRevision()))));
    }

    @Override
    public void promote(PromoteRequest request, StreamObserver<InEffect> caller) {
        calls.unary(
                caller,
                () -> effect(desk.promote(
                        ask(request, request.getModel(), request.hasIfRevision(), request.getIfRevision()),
                        request.getAlias())));
    }

    @Override
    public void rollback(RollbackRequest request, StreamObserver<InEffect> caller) {
        calls.unary(
                caller,
                () -> effect(desk.rollback(
                        ask(request, request.getModel(), request.hasIfRevision(), request.getIfRevision()))));
    }

    @Override
    public void learning(LearningRequest request, StreamObserver<InEffect> caller) {
        calls.unary(
                caller,
                () -> effect(desk.learning(
                        ask(request, request.getModel(), request.hasIfRevision(), request.getIfRevision()))));
    }

    private static Ask ask(Message request, String model, boolean expects, long revision) {
        return new Ask("grpc", model, JsonIn.of(request, APART), expects ? revision : Said.ANY);
    }

    private InEffect effect(VersionsDesk.InEffect effect) throws IOException {
        return calls.message(effect, InEffect.newBuilder()).build();
    }
}
