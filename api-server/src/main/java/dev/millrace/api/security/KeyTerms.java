package dev.millrace.api.security;

import java.net.URI;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a key is for.
 *
 * @param name for people
 * @param origins of pages that may use it in a browser ({@code https://shop.example}); such a key is public, and so may
 *     write events and nothing else
 * @param requestsPerSecond null: the default of all
 */
public record KeyTerms(
        String name,
        Set<Scope> scopes,
        Set<String> origins,
        @Nullable Double requestsPerSecond) {
    private static final Pattern NAME = Pattern.compile("[\\w][\\w .-]{0,63}");
    private static final double MAX_RATE = 1e6;

    /** @throws IllegalArgumentException that says what to change */
    public KeyTerms {
        scopes = Set.copyOf(scopes);
        origins = Set.copyOf(origins);
        require(
                NAME.matcher(name).matches(),
                "name '" + name + "': letters, digits, '_', '.', '-' and spaces, at most 64");
        require(!scopes.isEmpty(), "no scope: give one or more of " + String.join(", ", Scope.labels()));
        origins.forEach(KeyTerms::checkOrigin);
        require(
                origins.isEmpty() || scopes.equals(Set.of(Scope.EVENTS_WRITE)),
                "a browser's key is public: its only scope may be " + Scope.EVENTS_WRITE.label());
        require(
                requestsPerSecond == null || (requestsPerSecond > 0 && requestsPerSecond <= MAX_RATE),
                "rate " + requestsPerSecond + ": above 0, at most 1000000 requests a second");
    }

    private static void checkOrigin(String origin) {
        boolean isOrigin;
        try {
            URI uri = URI.create(origin);
            isOrigin = uri.getHost() != null
                    && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && origin.equals(uri.getScheme() + "://" + uri.getRawAuthority())
                    && uri.getRawUserInfo() == null;
        } catch (IllegalArgumentException e) {
            isOrigin = false;
        }
        require(isOrigin, "origin '" + origin + "': like https://shop.example, without a path");
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
    }
}
