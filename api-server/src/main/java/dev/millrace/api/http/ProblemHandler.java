package dev.millrace.api.http;

import dev.millrace.api.problem.ProblemException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;

/** What our own checks refuse. */
@Singleton
public final class ProblemHandler implements ExceptionHandler<ProblemException, HttpResponse<?>> {
    private final Problems problems;

    public ProblemHandler(Problems problems) {
        this.problems = problems;
    }

    @Override
    public HttpResponse<?> handle(@SuppressWarnings("rawtypes") HttpRequest request, ProblemException exception) {
        return problems.response(exception.problem());
    }
}
