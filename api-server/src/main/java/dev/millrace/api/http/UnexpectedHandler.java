package dev.millrace.api.http;

import dev.millrace.api.problem.Unexpected;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;

/** What nobody expected: logged with an instance id, which is all that the caller gets. */
@Singleton
public final class UnexpectedHandler implements ExceptionHandler<Throwable, HttpResponse<?>> {
    private final Problems problems;

    public UnexpectedHandler(Problems problems) {
        this.problems = problems;
    }

    @Override
    public HttpResponse<?> handle(@SuppressWarnings("rawtypes") HttpRequest request, Throwable exception) {
        return problems.response(Unexpected.problem(request.getMethod() + " " + request.getPath(), exception));
    }
}
