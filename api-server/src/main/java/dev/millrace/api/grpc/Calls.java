package dev.millrace.api.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.Unexpected;
import dev.millrace.ps.serve.ScoreTime;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.micronaut.serde.ObjectMapper;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Runs calls: their answers as messages, their ends as codes. Safe for many threads. */
final class Calls {
    private final ObjectMapper json;
    private final ErrorCounts errors;

    Calls(ObjectMapper json, ErrorCounts errors) {
        this.json = json;
        this.errors = errors;
    }

    /** One answer to one request. The thread is interrupted when nobody waits for the answer any more. */
    <T> void unary(StreamObserver<T> caller, Callable<T> work) {
        Context context = Context.current();
        Thread thread = Thread.currentThread();
        Context.CancellationListener interrupt = cancelled -> thread.interrupt();
        context.addListener(interrupt, Runnable::run);
        T answer;
        try {
            answer = ScoreTime.within(() -> leftNs(context), work);
        } catch (Exception e) {
            fail(caller, context, e);
            return;
        } finally {
            context.removeListener(interrupt);
        }
        caller.onNext(answer);
        caller.onCompleted();
    }

    private static long leftNs(Context context) {
        if (context.isCancelled()) {
            return 0;
        }
        Deadline deadline = context.getDeadline();
        return deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
    }

    void fail(StreamObserver<?> caller, Context context, Exception failure) {
        if (context.isCancelled()) {
            // DEADLINE_EXCEEDED, or CANCELLED where the caller went away.
            caller.onError(Contexts.statusFromCancelled(context).asRuntimeException());
            return;
        }
        if (failure instanceof ScoreTime.Over) {
            caller.onError(Status.DEADLINE_EXCEEDED
                    .withDescription("the answer was not there within the call's deadline")
                    .asRuntimeException());
            return;
        }
        Problem problem = Unexpected.problem("a gRPC call", failure);
        errors.count(problem.errorClass());
        caller.onError(GrpcProblems.exception(problem));
    }

    /** An answer as JSON would tell it, as a message with the same names. */
    <B extends Message.Builder> B message(Object answer, B builder) throws IOException {
        try {
            JsonFormat.parser().merge(json.writeValueAsString(answer), builder);
            return builder;
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("an answer that api.proto does not have", e);
        }
    }
}
