package dev.millrace.api.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.millrace.api.problem.Problem;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.jspecify.annotations.Nullable;

/**
 * Problems as google.rpc has them: the class and HTTP's status in an ErrorInfo, the field at fault in a BadRequest, when to
 * come again in a RetryInfo. Each HTTP status has one code.
 */
final class GrpcProblems {
    private static final String DOMAIN = "millrace";

    private GrpcProblems() {}

    static Code code(int httpStatus) {
        return switch (httpStatus) {
            case 401 -> Code.UNAUTHENTICATED;
            case 403 -> Code.PERMISSION_DENIED;
            case 404 -> Code.NOT_FOUND;
            case 409 -> Code.ALREADY_EXISTS;
            case 412 -> Code.FAILED_PRECONDITION;
            case 429 -> Code.RESOURCE_EXHAUSTED;
            case 500 -> Code.INTERNAL;
            case 503 -> Code.UNAVAILABLE;
            case 504 -> Code.DEADLINE_EXCEEDED;
            default -> Code.INVALID_ARGUMENT;
        };
    }

    static StatusRuntimeException exception(Problem problem) {
        ErrorInfo.Builder info = ErrorInfo.newBuilder()
                .setReason(problem.errorClass().name())
                .setDomain(DOMAIN)
                .putMetadata("type", problem.type())
                .putMetadata("httpStatus", Integer.toString(problem.status()));
        put(info, "fix", problem.fix());
        put(info, "requestId", problem.requestId());
        put(info, "instance", problem.instance());
        Status.Builder status = Status.newBuilder()
                .setCode(code(problem.status()).getNumber())
                .setMessage(problem.detail())
                .addDetails(Any.pack(info.build()));
        if (problem.field() != null) {
            status.addDetails(Any.pack(BadRequest.newBuilder()
                    .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                            .setField(problem.field())
                            .setDescription(problem.detail() + (problem.fix() == null ? "" : ": " + problem.fix())))
                    .build()));
        }
        if (problem.retryAfterSeconds() > 0) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(Duration.newBuilder().setSeconds(problem.retryAfterSeconds()))
                    .build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private static void put(ErrorInfo.Builder info, String name, @Nullable String value) {
        if (value != null) {
            info.putMetadata(name, value);
        }
    }
}
