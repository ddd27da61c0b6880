package dev.millrace.api.security;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who calls.
 *
 * @param id of the key, or the token's subject; no secret
 * @param origins of the pages that may use it in a browser; empty: none may
 * @param requestsPerSecond null: the default of all
 */
public record Caller(
        String id,
        Set<Scope> scopes,
        Set<String> origins,
        @Nullable Double requestsPerSecond) {
    public Caller {
        scopes = Set.copyOf(scopes);
        origins = Set.copyOf(origins);
    }
}
