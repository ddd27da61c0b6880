package dev.millrace.api.http;

import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.problem.Problem;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;

/** Makes responses of problems, and counts them. */
@Singleton
public final class Problems {
    static final MediaType TYPE = MediaType.of(Problem.MEDIA_TYPE);

    private final ErrorCounts counts;

    public Problems(ErrorCounts counts) {
        this.counts = counts;
    }

    MutableHttpResponse<byte[]> response(Problem problem) {
        return fill(HttpResponse.status(HttpStatus.OK), problem);
    }

    /** Makes a response that has begun already tell the problem. */
    MutableHttpResponse<byte[]> fill(MutableHttpResponse<?> begun, Problem problem) {
        counts.count(problem.errorClass());
        MutableHttpResponse<byte[]> response =
                begun.status(problem.status(), problem.title()).body(problem.toJson());
        response.contentType(TYPE);
        if (problem.status() == HttpStatus.UNAUTHORIZED.getCode()) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        if (problem.retryAfterSeconds() > 0) {
            response.header(HttpHeaders.RETRY_AFTER, Integer.toString(problem.retryAfterSeconds()));
        }
        return response;
    }
}
