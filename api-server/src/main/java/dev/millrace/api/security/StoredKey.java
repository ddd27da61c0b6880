package dev.millrace.api.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What recognizes an API key, {@code mk_ID_SECRET}: SHA-256 of a salt of its own and the secret. The secret is 256 random
 * bits, so no guess is worth trying and a slow hash, as passwords need, would only slow every request. One line:
 *
 * <pre>
 *   id salt hash scopes origins rate createdMs revokedMs name          '-' for none, scopes and origins by commas
 * </pre>
 *
 * @param revokedMs when it was revoked, milliseconds since the epoch; 0: it is not
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a record
public record StoredKey(String id, byte[] salt, byte[] hash, KeyTerms terms, long createdMs, long revokedMs) {
    /** Compared with when no key has the id that was shown, so that this takes as long. */
    static final StoredKey NOBODY = new StoredKey(
            "nobody",
            new byte[StoredKey.SALT_BYTES],
            new byte[StoredKey.HASH_BYTES],
            new KeyTerms("nobody", Set.of(Scope.RANK), Set.of(), null),
            0,
            1);

    static final String PREFIX = "mk_";

    private static final int ID_BYTES = 6;
    private static final int SALT_BYTES = 16;
    private static final int SECRET_BYTES = 32;
    private static final int HASH_BYTES = 32;
    private static final int FIELDS = 9;
    private static final String NONE = "-";

    static String newId(RandomGenerator random) {
        return HexFormat.of().formatHex(bytes(random, ID_BYTES));
    }

    static String newSecret(RandomGenerator random) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(random, SECRET_BYTES));
    }

    private static byte[] bytes(RandomGenerator random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    static StoredKey of(String id, String secret, KeyTerms terms, long nowMs, RandomGenerator random) {
        byte[] salt = bytes(random, SALT_BYTES);
        return new StoredKey(id, salt, hash(salt, secret), terms, nowMs, 0);
    }

    private static byte[] hash(byte[] salt, String secret) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(salt);
            return digest.digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String join(String id, String secret) {
        return PREFIX + id + '_' + secret;
    }

    /** Where the secret's underscore is in a key that is shown; −1: it has none. */
    static int split(String shown) {
        return shown.startsWith(PREFIX) ? shown.indexOf('_', PREFIX.length()) : -1;
    }

    static String idOf(String shown, int split) {
        return shown.substring(PREFIX.length(), split);
    }

    /** In a time that does not depend on the secret. */
    boolean matches(String secret) {
        return MessageDigest.isEqual(hash, hash(salt, secret));
    }

    public boolean isRevoked() {
        return revokedMs > 0;
    }

    StoredKey revoked(long nowMs) {
        return new StoredKey(id, salt, hash, terms, createdMs, nowMs);
    }

    Caller caller() {
        return new Caller("key " + id, terms.scopes(), terms.origins(), terms.requestsPerSecond());
    }

    String line() {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return String.join(
                " ",
                id,
                base64.encodeToString(salt),
                base64.encodeToString(hash),
                terms.scopes().stream().map(Scope::label).sorted().collect(Collectors.joining(",")),
                terms.origins().isEmpty() ? NONE : String.join(",", new TreeSet<>(terms.origins())),
                terms.requestsPerSecond() == null
                        ? NONE
                        : terms.requestsPerSecond().toString(),
                Long.toString(createdMs),
                Long.toString(revokedMs),
                terms.name());
    }

    /** @throws IllegalArgumentException when it is no such line */
    static StoredKey parse(String line) {
        String[] fields = line.split(" ", FIELDS);
        if (fields.length < FIELDS) {
            throw new IllegalArgumentException(fields.length + " fields, not " + FIELDS);
        }
        byte[] salt = Base64.getUrlDecoder().decode(fields[1]);
        byte[] hash = Base64.getUrlDecoder().decode(fields[2]);
        if (hash.length != HASH_BYTES) {
            throw new IllegalArgumentException("a hash of " + hash.length + " bytes");
        }
        @Nullable Double rate = fields[5].equals(NONE) ? null : Double.valueOf(fields[5]);
        KeyTerms terms = new KeyTerms(
                fields[8],
                Scope.parse(Arrays.asList(fields[3].split(","))),
                Set.copyOf(fields[4].equals(NONE) ? List.of() : List.of(fields[4].split(","))),
                rate);
        return new StoredKey(fields[0], salt, hash, terms, Long.parseLong(fields[6]), Long.parseLong(fields[7]));
    }
}
