package dev.millrace.api.security;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tokens that were found valid, by their SHA-256, until they expire, but no longer than the keys that signed them are kept:
 * a key that is withdrawn must not go on by what it signed. Bounded; the one asked for longest ago goes first. Tokens that
 * were refused are not kept, so that nobody can fill it with nonsense. Safe for many threads.
 */
final class KnownTokens {
    /** As long as the keys. */
    static final Duration LONGEST = Duration.ofMinutes(5);

    private record Key(long a, long b, long c, long d) {}

    private record Known(Caller caller, long untilMs) {}

    private final int most;
    private final Clock clock;
    private final Map<Key, Known> known;

    /** @param most tokens at a time */
    KnownTokens(int most, Clock clock) {
        this.most = most;
        this.clock = clock;
        known = new LinkedHashMap<>(16, 0.75f, true);
    }

    Optional<Caller> find(String token) {
        Key key = key(token);
        synchronized (this) {
            Known found = known.get(key);
            if (found == null) {
                return Optional.empty();
            }
            if (clock.millis() >= found.untilMs()) {
                known.remove(key);
                return Optional.empty();
            }
            return Optional.of(found.caller());
        }
    }

    /** @param expiresMs of the token, milliseconds since the epoch */
    void keep(String token, Caller caller, long expiresMs) {
        Key key = key(token);
        long untilMs = Math.min(expiresMs, clock.millis() + LONGEST.toMillis());
        synchronized (this) {
            known.put(key, new Known(caller, untilMs));
            if (known.size() > most) {
                known.remove(known.keySet().iterator().next());
            }
        }
    }

    synchronized int size() {
        return known.size();
    }

    private static Key key(String token) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            long[] parts = new long[4];
            ByteBuffer.wrap(hash).asLongBuffer().get(parts);
            return new Key(parts[0], parts[1], parts[2], parts[3]);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
