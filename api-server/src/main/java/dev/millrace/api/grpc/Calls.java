package dev.millrace.api.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.Unexpected;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.micronaut.serde.ObjectMapper;
import java.io.IOException;
import java.util.concurrent.Callable;

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
            answer = work.call();
        } catch (Exception e) {
            fail(caller, context, e);
            return;
        } finally {
            context.removeListener(interrupt);
        }
        caller.onNext(answer);
        caller.onCompleted();
    }

    void fail(StreamObserver<?> caller, Context context, Exception failure) {
        if (context.isCancelled()) {
            caller.onError(Status.CANCELLED
                    .withDescription("the deadline passed, or the caller went away")
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
