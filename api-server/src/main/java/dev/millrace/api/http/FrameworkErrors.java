package dev.millrace.api.http;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.problem.Unexpected;
import io.micronaut.context.annotation.Primary;
import io.micronaut.core.convert.exceptions.ConversionErrorException;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.response.Error;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import jakarta.inject.Singleton;
import java.util.stream.Collectors;

/** What Micronaut refuses before a handler of ours is called (no such route, method, media type, too large), as problems. */
@Primary
@Singleton
public final class FrameworkErrors implements ErrorResponseProcessor<byte[]> {
    private final Problems problems;

    public FrameworkErrors(Problems problems) {
        this.problems = problems;
    }

    @Override
    public MutableHttpResponse<byte[]> processResponse(ErrorContext context, MutableHttpResponse<?> response) {
        if (context.getRequest().getMethod() == HttpMethod.HEAD) {
            return problems.fill(response, problem(context, response)).body(new byte[0]);
        }
        return problems.fill(response, problem(context, response));
    }

    private static Problem problem(ErrorContext context, MutableHttpResponse<?> response) {
        // A stream may refuse when it is subscribed to, which is past our handlers.
        if (context.getRootCause().orElse(null) instanceof ProblemException refused) {
            return refused.problem();
        }
        if (context.getRootCause().orElse(null) instanceof ConversionErrorException wrong) {
            return unconverted(wrong);
        }
        HttpRequest<?> request = context.getRequest();
        String route = request.getMethodName() + " " + request.getPath();
        return switch (response.status()) {
            case NOT_FOUND ->
                Problem.notFound(null, "there is no " + route, "see the README of api-server for what there is");
            case METHOD_NOT_ALLOWED -> caller(response, route + " is not allowed", "use a method of the Allow header");
            case UNSUPPORTED_MEDIA_TYPE ->
                caller(
                        response,
                        "the body's Content-Type "
                                + request.getContentType().map(Object::toString).orElse("is missing and")
                                + " cannot be read here",
                        "send Content-Type: application/json");
            case NOT_ACCEPTABLE -> caller(response, "the answer is JSON", "send Accept: application/json");
            case REQUEST_ENTITY_TOO_LARGE -> tooLarge(context, response);
            default -> other(context, response, route);
        };
    }

    /** The first line and the headers have bounds of their own, which Micronaut tells by the same status. */
    private static Problem tooLarge(ErrorContext context, MutableHttpResponse<?> response) {
        String messages = messages(context);
        return messages.contains("content length")
                ? caller(response, "the body is too large: " + messages, "send less at once")
                : caller(
                        response,
                        "the first line of the request, or its headers, are too long",
                        "send a shorter address, and fewer or shorter headers");
    }

    /** What stands in the address or a header and is of the wrong type. */
    private static Problem unconverted(ConversionErrorException wrong) {
        String name = wrong.getArgument().getName();
        String given = wrong.getConversionError()
                .getOriginalValue()
                .map(value -> " is '" + value + "'")
                .orElse(" cannot be read");
        return Problem.invalid(
                name, name + given, "send " + fix(wrong.getArgument().getType()));
    }

    private static String fix(Class<?> type) {
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        return type.isPrimitive() || Number.class.isAssignableFrom(type) ? "a whole number" : "what the README says";
    }

    private static Problem other(ErrorContext context, MutableHttpResponse<?> response, String route) {
        if (response.code() >= ErrorClass.INTERNAL.status()) {
            return Unexpected.logged(route, context.getRootCause().orElse(null));
        }
        return caller(response, messages(context), "see the README of api-server for what there is");
    }

    private static Problem caller(MutableHttpResponse<?> response, String detail, String fix) {
        return Problem.caller(response.code(), title(response.status()), null, detail, fix);
    }

    private static String title(HttpStatus status) {
        return status.getReason();
    }

    private static String messages(ErrorContext context) {
        return context.hasErrors()
                ? context.getErrors().stream().map(Error::getMessage).collect(Collectors.joining("; "))
                : "the request cannot be read";
    }
}
