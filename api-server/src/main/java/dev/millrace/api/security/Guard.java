package dev.millrace.api.security;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.net.URI;
import java.time.Clock;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a request is let in or not, whatever brought it here. Safe for many threads.
 *
 * <p>In dev mode nobody is asked for a key, but pages of other sites are refused (they could make a visitor's browser call
 * this machine), and so is a host name that is not this machine's (DNS rebinding).
 */
public final class Guard {
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final String SHOW = "send a key or token as 'Authorization: Bearer …', or a key as 'X-Api-Key: …'";

    private static final Pattern LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}");

    private final @Nullable Guarded guarded;
    /** The host that the last one called, when it is this machine: mostly the next one's too. */
    private volatile String hereHost = "";

    private record Guarded(
            ApiKeys keys,
            @Nullable TokenVerifier tokens,
            @Nullable OwnKey own,
            RateLimits rates,
            LongSupplier nanos) {}

    private Guard(@Nullable Guarded guarded) {
        this.guarded = guarded;
    }

    /** Nobody is known but by keys and tokens. @param nanos a monotonic clock */
    public static Guard of(SecurityConfig config, Clock clock, LongSupplier nanos) {
        return of(config, null, clock, nanos);
    }

    /**
     * @param own by which the server knows itself
     * @param nanos a monotonic clock
     */
    public static Guard of(SecurityConfig config, @Nullable OwnKey own, Clock clock, LongSupplier nanos) {
        return switch (config) {
            case SecurityConfig.Dev dev -> new Guard(null);
            case SecurityConfig.Guarded its ->
                new Guard(new Guarded(
                        new ApiKeys(its.keys(), clock),
                        its.tokens() == null ? null : new TokenVerifier(its.tokens(), clock),
                        own,
                        new RateLimits(its.rates()),
                        nanos));
        };
    }

    /**
     * Returns when the caller may.
     *
     * @param needed what the route states; null: it states nothing, and nobody may
     * @throws ProblemException (401, 403, 429; stale when the keys of tokens cannot be had)
     */
    public void admit(@Nullable Scope needed, Shown shown) {
        if (guarded == null) {
            admitHere(shown);
        } else if (needed == null) {
            throw forbidden("this route states no scope, so nobody may call it", "tell its operator");
        } else if (needed != Scope.OPEN) {
            admit(needed, shown, guarded);
        }
    }

    private static void admit(Scope needed, Shown shown, Guarded by) {
        Caller caller = caller(shown, by);
        int seconds = by.rates().take(caller, by.nanos().getAsLong());
        if (seconds > 0) {
            throw tooMany(seconds);
        }
        if (!needed.isAmong(caller.scopes())) {
            throw forbidden(
                    "this needs the scope '" + needed.label() + "'", "use a key or token that has it, or 'admin'");
        }
        String origin = shown.origin();
        if (origin != null && !caller.origins().contains(origin) && !isSame(origin, shown.host())) {
            throw forbidden(
                    "pages of " + origin + " may not use this key", "make a key with that origin, for events:write");
        }
    }

    private static Caller caller(Shown shown, Guarded by) {
        String credential = shown.credential();
        if (credential == null) {
            throw unauthorized("no key or token came with the request");
        }
        if (by.own() != null && by.own().is(credential)) {
            return OwnKey.CALLER;
        }
        Optional<Caller> caller;
        if (credential.startsWith(StoredKey.PREFIX)) {
            caller = by.keys().find(credential);
        } else {
            caller = by.tokens() == null ? Optional.empty() : by.tokens().verify(credential);
        }
        return caller.orElseThrow(() -> unauthorized("the key or token is not valid, or not any more"));
    }

    private void admitHere(Shown shown) {
        String host = shown.host();
        if (host != null && !host.equals(hereHost)) {
            if (!isLoopback("http://" + host)) {
                throw forbidden(
                        "a server in dev mode answers to names of its own machine only", "call it at 127.0.0.1");
            }
            hereHost = host;
        }
        if (shown.origin() != null && !isLoopback(shown.origin())) {
            throw forbidden(
                    "a server in dev mode answers to pages of its own machine only",
                    "serve with TLS and keys; a key with that origin may write events");
        }
    }

    private static boolean isLoopback(String url) {
        try {
            String host = URI.create(url).getHost();
            return host != null && isLoopbackName(host.toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** By its looks: no name is looked up. */
    public static boolean isLoopbackName(String host) {
        return host.equals("localhost")
                || host.endsWith(".localhost")
                || LOOPBACK.matcher(host).matches()
                || host.equals("::1")
                || host.equals("[::1]");
    }

    private static boolean isSame(String origin, @Nullable String host) {
        return host != null && origin.equals("https://" + host);
    }

    /** Whether pages of this origin may ask with some key. */
    public boolean allows(String origin) {
        return guarded != null && guarded.keys().origins().contains(origin);
    }

    private static ProblemException unauthorized(String detail) {
        return new ProblemException(Problem.caller(UNAUTHORIZED, "Unauthorized", null, detail, SHOW));
    }

    private static ProblemException forbidden(String detail, String fix) {
        return new ProblemException(Problem.caller(FORBIDDEN, "Forbidden", null, detail, fix));
    }

    private static ProblemException tooMany(int seconds) {
        return new ProblemException(new Problem(
                ErrorClass.OVERLOAD,
                ErrorClass.OVERLOAD.status(),
                "Too many requests",
                "this caller sends more than its rate allows",
                null,
                "send less often, or ask for a higher rate",
                seconds,
                null,
                null));
    }
}
