package dev.millrace.api.security;

import org.jspecify.annotations.Nullable;

/**
 * What a request shows of its caller, as it came.
 *
 * @param authorization the header, {@code Bearer …}
 * @param apiKey the header {@code X-Api-Key}
 * @param origin of the page that calls; null: no browser, or the page is ours
 * @param host that is called, with its port
 */
public record Shown(
        @Nullable String authorization,
        @Nullable String apiKey,
        @Nullable String origin,
        @Nullable String host) {
    private static final String BEARER = "bearer ";

    /** The key or token; null: none. */
    @Nullable
    String credential() {
        if (apiKey != null) {
            return apiKey;
        }
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        return authorization.substring(BEARER.length()).strip();
    }

    /** Without what nobody may read. */
    @Override
    public String toString() {
        return "Shown[origin=" + origin + ", host=" + host + ']';
    }
}
