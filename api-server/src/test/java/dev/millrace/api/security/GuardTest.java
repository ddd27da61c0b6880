package dev.millrace.api.security;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.api.HandClock;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {
    private static final long NOW_MS = 1_800_000_000_000L;
    private static final String SHOP = "https://shop.example";

    @TempDir
    Path folder;

    private final HandClock clock = new HandClock(NOW_MS);
    private final AtomicLong nanos = new AtomicLong();
    private final Random random = new Random(5);
    private Path keyFile;
    private ECKey signer;
    private ApiKeys keys;
    private Guard guard;

    @BeforeEach
    void open() throws Exception {
        keyFile = folder.resolve("keys");
        signer = new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
        Path jwks = Files.writeString(folder.resolve("jwks.json"), new JWKSet(signer.toPublicJWK()).toString());
        Path pem = Files.writeString(folder.resolve("pem"), "");
        keys = new ApiKeys(keyFile, clock);
        guard = Guard.of(
                new SecurityConfig.Guarded(
                        new SecurityConfig.Tls(pem, pem),
                        keyFile,
                        new SecurityConfig.Tokens(jwks.toUri(), "issuer", "millrace"),
                        new SecurityConfig.Rates(10, Duration.ofSeconds(2), 3)),
                clock,
                nanos::get);
    }

    private String key(Scope... scopes) throws IOException {
        return keys.create(new KeyTerms("test", Set.of(scopes), Set.of(), null), random)
                .key();
    }

    private static Shown bearing(@Nullable String credential) {
        return new Shown(credential == null ? null : "Bearer " + credential, null, null, "api.example");
    }

    private void assertRefused(int status, @Nullable Scope needed, Shown shown) {
        Problem problem = assertThrows(ProblemException.class, () -> guard.admit(needed, shown))
                .problem();
        assertEquals(status, problem.status(), problem.toString());
        String credential = shown.credential();
        assertTrue(
                credential == null
                        || credential.length() < 8
                        || !problem.toString().contains(credential),
                "secrets stay out");
    }

    @Test
    void aKeyOpensWhatItsScopesSay() throws IOException {
        String rank = key(Scope.RANK);
        String admin = key(Scope.ADMIN);
        guard.admit(Scope.RANK, bearing(rank));
        guard.admit(Scope.RANK, new Shown(null, rank, null, null));
        assertRefused(403, Scope.EVENTS_WRITE, bearing(rank));
        assertRefused(403, Scope.ADMIN, bearing(rank));
        for (Scope scope : Scope.values()) {
            guard.admit(scope, bearing(admin));
        }
        assertRefused(403, null, bearing(admin));
    }

    @Test
    void withoutAKeyOnlyWhatIsOpenIs() {
        guard.admit(Scope.OPEN, bearing(null));
        assertRefused(401, Scope.RANK, bearing(null));
        assertRefused(401, Scope.RANK, new Shown("Basic YTpi", null, null, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mk_", "mk_x", "mk_x_", "mk_000000000000_x", "mk__", "x", "a.b.c", "mk_ü_ß"})
    void whatIsNoKeyIsRefused(String credential) throws IOException {
        key(Scope.RANK);
        assertRefused(401, Scope.RANK, bearing(credential));
    }

    @Test
    void everyChangedCharacterOfAKeyIsRefused() throws IOException {
        String good = key(Scope.RANK);
        for (int i = 0; i < good.length(); i++) {
            char other = good.charAt(i) == 'A' ? 'B' : 'A';
            assertRefused(401, Scope.RANK, bearing(good.substring(0, i) + other + good.substring(i + 1)));
        }
        assertRefused(401, Scope.RANK, bearing(good + "A"));
    }

    @Test
    void theFileHoldsNoSecretAndIsItsOwners() throws IOException {
        String key = key(Scope.RANK);
        String secret = key.substring(StoredKey.split(key) + 1);
        String other = key(Scope.RANK);
        String file = Files.readString(keyFile);
        assertFalse(file.contains(secret) || file.contains(other.substring(StoredKey.split(other) + 1)));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile)));
        assertEquals(2, keys.list().size());
        assertFalse(java.util.Arrays.equals(
                keys.list().get(0).salt(), keys.list().get(1).salt()));
    }

    @Test
    void aRevokedKeyIsRefusedSoonAfter() throws IOException {
        String key = key(Scope.RANK);
        guard.admit(Scope.RANK, bearing(key));
        // Another process revokes it.
        assertTrue(new ApiKeys(keyFile, clock).revoke(keys.list().getFirst().id()));
        assertFalse(keys.revoke(keys.list().getFirst().id()), "once");
        clock.advance(1_001);
        assertRefused(401, Scope.RANK, bearing(key));
        assertTrue(keys.list().getFirst().isRevoked());
    }

    @Test
    void aBrowsersKeyWritesEventsOfItsPageOnly() throws IOException {
        String key = keys.create(new KeyTerms("web", Set.of(Scope.EVENTS_WRITE), Set.of(SHOP), null), random)
                .key();
        guard.admit(Scope.EVENTS_WRITE, new Shown(null, key, SHOP, "api.example"));
        assertTrue(guard.allows(SHOP));
        assertFalse(guard.allows("https://evil.example"));
        assertRefused(403, Scope.EVENTS_WRITE, new Shown(null, key, "https://evil.example", "api.example"));
        assertRefused(403, Scope.RANK, new Shown(null, key, SHOP, "api.example"));
        guard.admit(Scope.EVENTS_WRITE, new Shown(null, key, "https://api.example", "api.example"));
        assertThrows(IllegalArgumentException.class, () -> new KeyTerms("web", Set.of(Scope.RANK), Set.of(SHOP), null));
        for (String wrong : List.of("shop.example", "https://shop.example/", "ftp://a", "https://a b", "*")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new KeyTerms("web", Set.of(Scope.EVENTS_WRITE), Set.of(wrong), null));
        }
    }

    @Test
    void whoSendsMoreThanItsRateIsToldWhenToComeAgain() throws IOException {
        String key = key(Scope.RANK);
        String slow = keys.create(new KeyTerms("slow", Set.of(Scope.RANK), Set.of(), .1), random)
                .key();
        for (int i = 0; i < 20; i++) {
            guard.admit(Scope.RANK, bearing(key));
        }
        assertRefused(429, Scope.RANK, bearing(key));
        nanos.addAndGet(Duration.ofMillis(100).toNanos());
        guard.admit(Scope.RANK, bearing(key));
        guard.admit(Scope.RANK, bearing(slow));
        Problem later = assertThrows(ProblemException.class, () -> guard.admit(Scope.RANK, bearing(slow)))
                .problem();
        assertEquals(10, later.retryAfterSeconds());
    }

    @Test
    void aBoundedNumberOfCallersIsRemembered() {
        RateLimits limits = new RateLimits(new SecurityConfig.Rates(1, Duration.ofSeconds(1), 3));
        for (int i = 0; i < 1_000; i++) {
            assertEquals(0, limits.take(new Caller("c" + i, Set.of(), Set.of(), null), 0));
            assertTrue(limits.callers() <= 3);
        }
        assertEquals(1, limits.take(new Caller("c999", Set.of(), Set.of(), null), 0));
    }

    private String token(JWTClaimsSet claims, ECKey by) throws Exception {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k1").build(), claims);
        jwt.sign(new ECDSASigner(by));
        return jwt.serialize();
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer("issuer")
                .audience("millrace")
                .subject("backend")
                .expirationTime(new Date(NOW_MS + 60_000))
                .claim("scope", "openid rank");
    }

    @Test
    void aTokenOpensWhatItsScopesSay() throws Exception {
        guard.admit(Scope.RANK, bearing(token(claims().build(), signer)));
        assertRefused(403, Scope.ADMIN, bearing(token(claims().build(), signer)));
        JWTClaimsSet list =
                claims().claim("scope", null).claim("scp", List.of("admin")).build();
        assertDoesNotThrow(() -> guard.admit(Scope.ADMIN, bearing(token(list, signer))));
    }

    @ParameterizedTest
    @CsvSource({"expired", "issuer", "audience", "no-subject", "no-expiry", "signature", "not-yet"})
    void aTokenThatIsNotForUsIsRefused(String what) throws Exception {
        ECKey stranger = new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
        JWTClaimsSet.Builder claims = claims();
        switch (what) {
            case "expired" -> claims.expirationTime(new Date(NOW_MS - 120_000));
            case "issuer" -> claims.issuer("somebody");
            case "audience" -> claims.audience("else");
            case "no-subject" -> claims.subject(null);
            case "no-expiry" -> claims.expirationTime(null);
            case "not-yet" -> claims.notBeforeTime(new Date(NOW_MS + 120_000));
            default -> {}
        }
        assertRefused(401, Scope.RANK, bearing(token(claims.build(), what.equals("signature") ? stranger : signer)));
    }

    @Test
    void unsignedAndSymmetricTokensAreRefused() throws Exception {
        assertRefused(401, Scope.RANK, bearing(new PlainJWT(claims().build()).serialize()));
        SignedJWT symmetric = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k1").build(), claims().build());
        // The public key as a secret: the classic confusion of algorithms.
        symmetric.sign(
                new MACSigner(signer.toPublicJWK().toJSONString().getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertRefused(401, Scope.RANK, bearing(symmetric.serialize()));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8080, , true",
        "localhost, http://localhost:3000, true",
        "[::1]:80, http://127.0.0.1, true",
        ", , true",
        "evil.example:8080, , false",
        "127.0.0.1.evil.example, , false",
        "localhost, https://shop.example, false",
        "localhost, null, false",
        "'a b', , false"
    })
    void inDevModeOnlyThisMachineAndItsPagesAreAnswered(@Nullable String host, @Nullable String origin, boolean may) {
        Guard dev = Guard.of(SecurityConfig.DEV, clock, nanos::get);
        Shown shown = new Shown(null, null, origin, host);
        if (may) {
            dev.admit(null, shown);
        } else {
            assertThrows(ProblemException.class, () -> dev.admit(Scope.RANK, shown));
        }
    }

    @Test
    void keysOfTokensComeFromSafePlaces() {
        for (String jwks : List.of("http://issuer.example/jwks", "ftp://issuer.example/jwks")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TokenVerifier(new SecurityConfig.Tokens(URI.create(jwks), "i", "a"), clock));
        }
    }

    @Test
    void whatIsShownIsNotPrinted() {
        assertFalse(new Shown("Bearer s3cret", "s3cret", null, "h").toString().contains("s3cret"));
    }
}
