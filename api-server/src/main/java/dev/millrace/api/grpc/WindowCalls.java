package dev.millrace.api.grpc;

import dev.millrace.api.desk.WindowsDesk;
import dev.millrace.ingest.proto.api.Window;
import dev.millrace.ingest.proto.api.WindowParts;
import dev.millrace.ingest.proto.api.WindowPartsRequest;
import dev.millrace.ingest.proto.api.WindowRequest;
import dev.millrace.ingest.proto.api.WindowsGrpc;
import io.grpc.stub.StreamObserver;

/** Quality, outcomes and drift over 10 s to 7 d, as over HTTP. */
final class WindowCalls extends WindowsGrpc.WindowsImplBase {
    private final WindowsDesk desk;
    private final Calls calls;

    WindowCalls(WindowsDesk desk, Calls calls) {
        this.desk = desk;
        this.calls = calls;
    }

    @Override
    public void get(WindowRequest request, StreamObserver<Window> caller) {
        calls.unary(
                caller,
                () -> calls.message(
                                desk.view(
                                        request.getModel(),
                                        or(request.getLength(), WindowsDesk.LENGTH),
                                        or(request.getOf(), WindowsDesk.OF),
                                        request.getSeries()),
                                Window.newBuilder())
                        .build());
    }

    @Override
    public void parts(WindowPartsRequest request, StreamObserver<WindowParts> caller) {
        calls.unary(
                caller,
                () -> calls.message(
                                desk.parts(request.getModel(), or(request.getLength(), WindowsDesk.LENGTH)),
                                WindowParts.newBuilder())
                        .build());
    }

    private static String or(String said, String unsaid) {
        return said.isEmpty() ? unsaid : said;
    }
}
