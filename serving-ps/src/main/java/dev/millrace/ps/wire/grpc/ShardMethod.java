package dev.millrace.ps.wire.grpc;

import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** The one method, and how failures travel. */
final class ShardMethod {
    static final String SERVICE = "millrace.v1.Shard";

    static final MethodDescriptor<FlatMessage, FlatMessage> CALL =
            MethodDescriptor.<FlatMessage, FlatMessage>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Call"))
                    .setRequestMarshaller(FlatMarshaller.INSTANCE)
                    .setResponseMarshaller(FlatMarshaller.INSTANCE)
                    .build();

    /** Op and seven zeros, so that the body keeps the message's alignment. */
    static final int REQUEST_HEADER = 8;

    /** Both directions of a connection: never the reason to wait with the default bound on calls. */
    static final int FLOW_WINDOW = 4 << 20;

    private static final Metadata.Key<String> CODE = Metadata.Key.of("millrace-code", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> DETAIL =
            Metadata.Key.of("millrace-detail", Metadata.ASCII_STRING_MARSHALLER);

    private ShardMethod() {}

    static Status status(WireCode code, String words) {
        Status status = switch (code) {
            case WRONG_MAP, NOT_OWNER -> Status.FAILED_PRECONDITION;
            case BEHIND -> Status.OUT_OF_RANGE;
            case FENCED -> Status.ABORTED;
            case OVERLOADED -> Status.RESOURCE_EXHAUSTED;
            case BAD_REQUEST -> Status.INVALID_ARGUMENT;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case INTERNAL -> Status.INTERNAL;
            case TIMEOUT -> Status.DEADLINE_EXCEEDED;
        };
        return status.withDescription(words);
    }

    static Metadata trailers(WireCode code, long detail) {
        Metadata trailers = new Metadata();
        trailers.put(CODE, code.name());
        trailers.put(DETAIL, Long.toString(detail));
        return trailers;
    }

    static WireException failure(Status status, @Nullable Metadata trailers) {
        String words = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        String code = trailers == null ? null : trailers.get(CODE);
        if (trailers != null && code != null) {
            for (WireCode known : WireCode.values()) {
                if (known.name().equals(code)) {
                    return new WireException(known, number(trailers.get(DETAIL)), words);
                }
            }
        }
        return new WireException(ofGrpc(status.getCode()), words);
    }

    private static long number(@Nullable String detail) {
        try {
            return detail == null ? 0 : Long.parseLong(detail);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Failures that gRPC made, not the handler. */
    private static WireCode ofGrpc(Status.Code code) {
        return switch (code) {
            case DEADLINE_EXCEEDED -> WireCode.TIMEOUT;
            case UNAVAILABLE, CANCELLED -> WireCode.UNAVAILABLE;
            // A message beyond the bound, or a server without this method.
            case RESOURCE_EXHAUSTED, UNIMPLEMENTED -> WireCode.BAD_REQUEST;
            default -> WireCode.INTERNAL;
        };
    }
}
