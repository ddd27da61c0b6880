package dev.millrace.api.http;

import dev.millrace.api.security.Guard;
import io.micronaut.core.annotation.Order;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import org.jspecify.annotations.Nullable;

/** Lets pages that some key is for ask, and read the answer, also a refusal (CORS, Fetch standard). */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class CrossOrigin {
    private static final String METHODS = "POST";
    private static final String HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Api-Key";
    private static final String REMEMBER_SECONDS = "600";

    private final Guard guard;

    public CrossOrigin(Guard guard) {
        this.guard = guard;
    }

    /** Browsers ask beforehand, without the key. */
    @RequestFilter
    @Nullable
    HttpResponse<?> answer(HttpRequest<?> request) {
        String origin = allowed(request);
        boolean asks = request.getMethod() == HttpMethod.OPTIONS
                && request.getHeaders().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
        if (origin == null || !asks) {
            return null;
        }
        return allow(HttpResponse.noContent(), origin)
                .header(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                .header(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
                .header(HttpHeaders.ACCESS_CONTROL_MAX_AGE, REMEMBER_SECONDS);
    }

    @ResponseFilter
    void allow(HttpRequest<?> request, MutableHttpResponse<?> response) {
        String origin = allowed(request);
        if (origin != null) {
            allow(response, origin).header(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, HttpHeaders.RETRY_AFTER);
        }
    }

    private static MutableHttpResponse<?> allow(MutableHttpResponse<?> response, String origin) {
        return response.header(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                .header(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    }

    private @Nullable String allowed(HttpRequest<?> request) {
        String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
        return origin != null && guard.allows(origin) ? origin : null;
    }
}
