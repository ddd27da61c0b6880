package dev.millrace.api.http;

import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import io.micronaut.web.router.RouteInfo;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The scope of each route: what it states with {@link Access}; Micronaut's own routes have theirs here. */
public final class RouteScopes {
    private static final Map<String, Scope> FRAMEWORK = Map.of(
            "io.micronaut.management.endpoint.health.HealthEndpoint", Scope.OPEN,
            "io.micronaut.configuration.metrics.micrometer.prometheus.management.PrometheusEndpoint", Scope.ADMIN);

    /** As many as there are routes. */
    private final Map<RouteInfo<?>, Scope> known = new ConcurrentHashMap<>();

    /** Null: it states none. */
    public @Nullable Scope of(RouteInfo<?> route) {
        Scope scope = known.get(route);
        if (scope == null) {
            scope = stated(route);
            if (scope != null) {
                known.put(route, scope);
            }
        }
        return scope;
    }

    private static @Nullable Scope stated(RouteInfo<?> route) {
        return route.getAnnotationMetadata()
                .enumValue(Access.class, Scope.class)
                .orElseGet(() -> FRAMEWORK.get(route.getDeclaringType().getName()));
    }
}
