package dev.millrace.api.grpc;

import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import io.grpc.Attributes;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How much of gRPC there may be at a time: connections, and calls of all of them, whose messages take memory. A call too many,
 * or on a connection that came as one too many while there are too many, is refused before its message is read; when there are
 * twice as many connections, further ones are closed. A connection counts once it has spoken HTTP/2. Health checks
 * have a few places of their own, on any connection: who asks may end a process that does not answer. Any thread.
 */
final class CallLimit extends ServerTransportFilter implements ServerInterceptor {
    private static final Attributes.Key<Boolean> ONE_TOO_MANY = Attributes.Key.create("millrace.one-too-many");

    private static final int MOST_CHECKS = 16;
    private static final String CHECK = HealthGrpc.getCheckMethod().getFullMethodName();

    private final int maxConnections;
    private final int maxCalls;
    private final ErrorCounts errors;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger checks = new AtomicInteger();

    CallLimit(int maxConnections, int maxCalls, ErrorCounts errors) {
        this.maxConnections = maxConnections;
        this.maxCalls = maxCalls;
        this.errors = errors;
    }

    /** @throws StatusRuntimeException when there are too many: gRPC closes the connection, and ends it here too */
    @Override
    public Attributes transportReady(Attributes attributes) {
        int now = connections.incrementAndGet();
        if (now > 2L * maxConnections) {
            connections.decrementAndGet();
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("too many connections")
                    .asRuntimeException();
        }
        return attributes.toBuilder().set(ONE_TOO_MANY, now > maxConnections).build();
    }

    /** Also told of connections that never were ready, or were closed as too many: these have not been counted. */
    @Override
    public void transportTerminated(@Nullable Attributes attributes) {
        if (attributes != null && attributes.get(ONE_TOO_MANY) != null) {
            connections.decrementAndGet();
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        boolean isCheck = call.getMethodDescriptor().getFullMethodName().equals(CHECK);
        if (!isCheck
                && Boolean.TRUE.equals(call.getAttributes().get(ONE_TOO_MANY))
                && connections.get() > maxConnections) {
            refuse(call, "there are more than " + maxConnections + " connections");
            return new ServerCall.Listener<>() {};
        }
        AtomicInteger taken = isCheck ? checks : calls;
        int most = isCheck ? MOST_CHECKS : maxCalls;
        if (taken.incrementAndGet() > most) {
            taken.decrementAndGet();
            refuse(
                    call,
                    "all " + most + (isCheck ? " health checks" : " calls")
                            + " that there may be at a time are under way");
            return new ServerCall.Listener<>() {};
        }
        Place place = new Place(taken);
        try {
            return new Leaving<>(next.startCall(call, headers), place);
        } catch (RuntimeException e) {
            place.leave();
            throw e;
        }
    }

    private void refuse(ServerCall<?, ?> call, String why) {
        Problem problem = Problem.overload(why);
        errors.count(problem.errorClass());
        StatusRuntimeException told = GrpcProblems.exception(problem);
        call.close(told.getStatus(), Objects.requireNonNullElseGet(told.getTrailers(), Metadata::new));
    }

    /** A call's, until it has ended. */
    private static final class Place {
        private final AtomicInteger taken;
        private final AtomicBoolean left = new AtomicBoolean();

        Place(AtomicInteger taken) {
            this.taken = taken;
        }

        void leave() {
            if (left.compareAndSet(false, true)) {
                taken.decrementAndGet();
            }
        }
    }

    private static final class Leaving<Q> extends SimpleForwardingServerCallListener<Q> {
        private final Place place;

        Leaving(ServerCall.Listener<Q> listener, Place place) {
            super(listener);
            this.place = place;
        }

        @Override
        public void onComplete() {
            place.leave();
            super.onComplete();
        }

        @Override
        public void onCancel() {
            place.leave();
            super.onCancel();
        }
    }
}
