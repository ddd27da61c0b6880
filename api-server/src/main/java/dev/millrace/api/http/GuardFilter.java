package dev.millrace.api.http;

import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.security.Guard;
import dev.millrace.api.security.Scope;
import dev.millrace.api.security.Shown;
import io.micronaut.core.annotation.Order;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.web.router.RouteAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Asks the guard before anything else is done, by the scope of the request's route. Where no route is there is nothing to
 * guard: the page's files, and 404.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
@Order(GuardFilter.ORDER)
public final class GuardFilter {
    /** Behind those that add headers to every answer, also to a refusal. */
    static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 10;

    private static final String API_KEY = "X-Api-Key";

    private final Guard guard;
    private final RouteScopes scopes = new RouteScopes();
    private final Problems problems;

    public GuardFilter(Guard guard, Problems problems) {
        this.guard = guard;
        this.problems = problems;
    }

    @RequestFilter
    @Nullable
    HttpResponse<?> admit(HttpRequest<?> request) {
        HttpHeaders headers = request.getHeaders();
        String origin = headers.get(HttpHeaders.ORIGIN);
        Scope scope = RouteAttributes.getRouteInfo(request).map(scopes::of).orElse(null);
        boolean hasRoute = RouteAttributes.getRouteInfo(request).isPresent();
        try {
            Shown shown = new Shown(
                    headers.get(HttpHeaders.AUTHORIZATION),
                    headers.get(API_KEY),
                    origin,
                    headers.get(HttpHeaders.HOST));
            guard.admit(hasRoute ? scope : Scope.OPEN, shown);
            return null;
        } catch (ProblemException e) {
            return problems.response(e.problem());
        }
    }
}
