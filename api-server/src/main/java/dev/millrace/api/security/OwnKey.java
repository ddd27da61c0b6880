package dev.millrace.api.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/**
 * The key with which a server calls itself, as others call it: made when it starts, written nowhere, good for ranking alone.
 * Immutable.
 */
public final class OwnKey {
    private static final String PREFIX = "own_";
    private static final int BYTES = 32;
    static final Caller CALLER = new Caller("itself", Set.of(Scope.RANK), Set.of(), null);

    private final String key;

    private OwnKey(String key) {
        this.key = key;
    }

    /** 256 bits of it. */
    public static OwnKey random(SecureRandom random) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        return new OwnKey(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    /** Value of the header {@code Authorization}. */
    public String bearer() {
        return "Bearer " + key;
    }

    /** In a time that does not tell what of it was wrong. */
    boolean is(String credential) {
        return MessageDigest.isEqual(key.getBytes(StandardCharsets.UTF_8), credential.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "OwnKey";
    }
}
