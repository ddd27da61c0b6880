package dev.millrace.api.http;

import dev.millrace.api.problem.Problem;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What nobody expected: logged with an instance id, which is all that the caller gets. */
@Singleton
public final class UnexpectedHandler implements ExceptionHandler<Throwable, HttpResponse<?>> {
    private static final Logger LOG = LoggerFactory.getLogger(UnexpectedHandler.class);

    private final Problems problems;

    public UnexpectedHandler(Problems problems) {
        this.problems = problems;
    }

    @Override
    public HttpResponse<?> handle(@SuppressWarnings("rawtypes") HttpRequest request, Throwable exception) {
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.error("{} {} failed, {}", request.getMethod(), request.getPath(), instance, exception);
        return problems.response(Problem.internal(instance));
    }
}
