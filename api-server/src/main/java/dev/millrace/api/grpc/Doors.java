package dev.millrace.api.grpc;

import dev.millrace.api.desk.IdempotencyKey;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.Unexpected;
import dev.millrace.api.security.Guard;
import dev.millrace.api.security.Scope;
import dev.millrace.api.security.Shown;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lets calls in by the scope that their service, or their method, needs; health and reflection need none. */
final class Doors implements ServerInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> API_KEY = Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER);

    private static final Metadata.Key<String> IDEMPOTENCY_KEY =
            Metadata.Key.of(IdempotencyKey.HEADER.toLowerCase(Locale.ROOT), Metadata.ASCII_STRING_MARSHALLER);
    /** What came as HTTP's header of that name. */
    static final Context.Key<String> KEY = Context.key("idempotency-key");

    private static final String PACKAGE = "millrace.api.v1.";
    /** As the routes of HTTP have it. What is not named here nobody may call. */
    private static final Map<String, Scope> SCOPES = Map.ofEntries(
            Map.entry(PACKAGE + "Ranking", Scope.RANK),
            Map.entry(PACKAGE + "Models", Scope.RANK),
            Map.entry(PACKAGE + "Versions", Scope.ADMIN),
            Map.entry(PACKAGE + "Events/Post", Scope.EVENTS_WRITE),
            Map.entry(PACKAGE + "Events/Trace", Scope.RANK),
            Map.entry(PACKAGE + "Users", Scope.ADMIN),
            Map.entry(PACKAGE + "Items", Scope.ADMIN),
            Map.entry(PACKAGE + "Windows", Scope.ADMIN),
            Map.entry(PACKAGE + "Experiments", Scope.ADMIN),
            Map.entry(PACKAGE + "Metrics", Scope.ADMIN),
            Map.entry("grpc.health.v1.Health", Scope.OPEN),
            Map.entry("grpc.reflection.v1.ServerReflection", Scope.OPEN),
            Map.entry("grpc.reflection.v1alpha.ServerReflection", Scope.OPEN));

    private final Guard guard;
    private final ErrorCounts errors;

    Doors(Guard guard, ErrorCounts errors) {
        this.guard = guard;
        this.errors = errors;
    }

    static @Nullable Scope scope(String method) {
        Scope own = SCOPES.get(method);
        return own == null ? SCOPES.get(method.substring(0, method.indexOf('/'))) : own;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        try {
            guard.admit(
                    scope(call.getMethodDescriptor().getFullMethodName()),
                    new Shown(headers.get(AUTHORIZATION), headers.get(API_KEY), null, call.getAuthority()));
        } catch (RuntimeException e) {
            Problem problem = Unexpected.problem("letting a gRPC call in", e);
            errors.count(problem.errorClass());
            StatusRuntimeException refused = GrpcProblems.exception(problem);
            Metadata trailers = refused.getTrailers();
            call.close(refused.getStatus(), trailers == null ? new Metadata() : trailers);
            return new ServerCall.Listener<>() {};
        }
        String key = headers.get(IDEMPOTENCY_KEY);
        return key == null
                ? next.startCall(call, headers)
                : Contexts.interceptCall(Context.current().withValue(KEY, key), call, headers, next);
    }
}
