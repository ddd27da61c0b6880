package dev.millrace.api.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.Objects;

/** Tells a caller whose message is no protobuf that it is (INVALID_ARGUMENT); gRPC alone would call it an error of ours. */
final class BadMessages {
    private final ErrorCounts errors;

    BadMessages(ErrorCounts errors) {
        this.errors = errors;
    }

    /** What came in place of a message: a failure of the marshaller's is nobody's, one of the listener's can be told. */
    private record Unreadable() {}

    private static final Unreadable UNREADABLE = new Unreadable();

    /** Reads messages as the method's own does. */
    private record Reading(MethodDescriptor.Marshaller<?> own) implements MethodDescriptor.Marshaller<Object> {
        @Override
        public InputStream stream(Object message) {
            throw new IllegalStateException("a server reads requests");
        }

        @Override
        public Object parse(InputStream message) {
            try {
                return own.parse(message);
            } catch (StatusRuntimeException e) {
                if (e.getCause() instanceof InvalidProtocolBufferException) {
                    return UNREADABLE;
                }
                throw e;
            }
        }
    }

    /** The service with its messages read behind this. */
    ServerServiceDefinition around(ServerServiceDefinition service) {
        ServiceDescriptor own = service.getServiceDescriptor();
        ServiceDescriptor.Builder descriptor =
                ServiceDescriptor.newBuilder(own.getName()).setSchemaDescriptor(own.getSchemaDescriptor());
        var methods = service.getMethods().stream().map(this::around).toList();
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(definition::addMethod);
        return definition.build();
    }

    private <Q, A> ServerMethodDefinition<Object, A> around(ServerMethodDefinition<Q, A> method) {
        MethodDescriptor<Q, A> own = method.getMethodDescriptor();
        // What reaches it was read by its own marshaller.
        @SuppressWarnings("unchecked")
        ServerCallHandler<Object, A> handler = (ServerCallHandler<Object, A>) method.getServerCallHandler();
        return ServerMethodDefinition.create(
                own.toBuilder(new Reading(own.getRequestMarshaller()), own.getResponseMarshaller())
                        .build(),
                (call, headers) -> new Refusing(handler.startCall(call, headers), call));
    }

    private final class Refusing extends SimpleForwardingServerCallListener<Object> {
        private final ServerCall<?, ?> call;
        private boolean isRefused;

        Refusing(ServerCall.Listener<Object> listener, ServerCall<?, ?> call) {
            super(listener);
            this.call = call;
        }

        @Override
        public void onMessage(Object message) {
            if (message instanceof Unreadable) {
                isRefused = true;
                refuse(call);
            } else {
                super.onMessage(message);
            }
        }

        @Override
        public void onHalfClose() {
            if (!isRefused) {
                super.onHalfClose();
            }
        }
    }

    private void refuse(ServerCall<?, ?> call) {
        Problem problem = Problem.invalid(
                null, "the message is no protobuf of this method", "send one as millrace/api/v1/api.proto has it");
        errors.count(problem.errorClass());
        StatusRuntimeException told = GrpcProblems.exception(problem);
        call.close(told.getStatus(), Objects.requireNonNullElseGet(told.getTrailers(), Metadata::new));
    }
}
