package dev.millrace.api.grpc;

import com.google.protobuf.Struct;
import dev.millrace.api.desk.MonitorDesk;
import dev.millrace.ingest.proto.api.FreshnessReport;
import dev.millrace.ingest.proto.api.MetricsGrpc;
import dev.millrace.ingest.proto.api.ModelRequest;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The live numbers, once, or one a second until the caller goes away; streams of both edges share their bound. */
final class MetricCalls extends MetricsGrpc.MetricsImplBase {
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final MonitorDesk desk;
    private final Calls calls;

    MetricCalls(MonitorDesk desk, Calls calls) {
        this.desk = desk;
        this.calls = calls;
    }

    @Override
    public void stream(ModelRequest request, StreamObserver<Struct> caller) {
        Context context = Context.current();
        CountDownLatch gone = new CountDownLatch(1);
        Context.CancellationListener end = cancelled -> gone.countDown();
        context.addListener(end, Runnable::run);
        try {
            String model = model(request);
            Semaphore place = desk.enter();
            try {
                do {
                    caller.onNext(calls.message(desk.snapshot(model), Struct.newBuilder())
                            .build());
                } while (!gone.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS));
            } finally {
                place.release();
            }
        } catch (Exception e) {
            calls.fail(caller, context, e);
        } finally {
            context.removeListener(end);
        }
    }

    @Override
    public void get(ModelRequest request, StreamObserver<Struct> caller) {
        calls.unary(
                caller,
                () -> calls.message(desk.snapshot(model(request)), Struct.newBuilder())
                        .build());
    }

    @Override
    public void freshness(ModelRequest request, StreamObserver<FreshnessReport> caller) {
        calls.unary(
                caller,
                () -> calls.message(desk.freshness(model(request)), FreshnessReport.newBuilder())
                        .build());
    }

    private String model(ModelRequest request) {
        return desk.model(request.getModel().isEmpty() ? null : request.getModel());
    }
}
