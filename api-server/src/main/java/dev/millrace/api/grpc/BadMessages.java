package dev.millrace.api.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Tells a caller whose message is no protobuf that it is (INVALID_ARGUMENT); gRPC alone would call it an error of ours. */
final class BadMessages implements ServerInterceptor {
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream message) {
            try {
                return message.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final ErrorCounts errors;

    BadMessages(ErrorCounts errors) {
        this.errors = errors;
    }

    /** The service with its messages read behind this, where a failure is still the listener's. */
    ServerServiceDefinition around(ServerServiceDefinition service) {
        return ServerInterceptors.intercept(ServerInterceptors.useMarshalledMessages(service, BYTES), this);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean isRefused;

            @Override
            public void onMessage(Q message) {
                try {
                    super.onMessage(message);
                } catch (StatusRuntimeException e) {
                    if (!(e.getCause() instanceof InvalidProtocolBufferException)) {
                        throw e;
                    }
                    isRefused = true;
                    refuse(call);
                }
            }

            @Override
            public void onHalfClose() {
                if (!isRefused) {
                    super.onHalfClose();
                }
            }
        };
    }

    private void refuse(ServerCall<?, ?> call) {
        Problem problem = Problem.invalid(
                null, "the message is no protobuf of this method", "send one as millrace/api/v1/api.proto has it");
        errors.count(problem.errorClass());
        StatusRuntimeException told = GrpcProblems.exception(problem);
        call.close(told.getStatus(), Objects.requireNonNullElseGet(told.getTrailers(), Metadata::new));
    }
}
