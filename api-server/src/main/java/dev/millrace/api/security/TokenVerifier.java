package dev.millrace.api.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who a JSON Web Token (RFC 7519) speaks for: signed by a key of the JWK set with an asymmetric algorithm, for our audience,
 * of our issuer, not expired (a minute of skew), scopes in {@code scope} (RFC 8693) or {@code scp}. Keys are kept for five
 * minutes, and fetched for a key id that is not known, but not more often than each half minute. A token that was found valid
 * is known for as long, or until it expires. Safe for many threads.
 */
final class TokenVerifier {
    private static final Logger LOG = LoggerFactory.getLogger(TokenVerifier.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int MAX_JWKS_BYTES = 256 << 10;
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private static final int MOST_KNOWN = 10_000;

    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    private final KnownTokens known;

    /** @throws IllegalArgumentException when the address of the keys is none that may be asked */
    TokenVerifier(SecurityConfig.Tokens config, Clock clock) {
        known = new KnownTokens(MOST_KNOWN, clock);
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys(config.jwks())));
        JWTClaimsSet exact = new JWTClaimsSet.Builder().issuer(config.issuer()).build();
        processor.setJWTClaimsSetVerifier(
                new DefaultJWTClaimsVerifier<>(config.audience(), exact, Set.of("sub", "exp")) {
                    @Override
                    protected Date currentTime() {
                        return Date.from(clock.instant());
                    }
                });
    }

    private static JWKSource<SecurityContext> keys(URI jwks) {
        try {
            if ("file".equals(jwks.getScheme())) {
                return new ImmutableJWKSet<>(JWKSet.load(Path.of(jwks).toFile()));
            }
            if (!"https".equals(jwks.getScheme()) && !("http".equals(jwks.getScheme()) && isLoopback(jwks))) {
                throw new IllegalArgumentException("keys of tokens " + jwks + ": give an https (or file) address");
            }
            int patienceMs = (int) PATIENCE.toMillis();
            return JWKSourceBuilder.create(
                            jwks.toURL(), new DefaultResourceRetriever(patienceMs, patienceMs, MAX_JWKS_BYTES))
                    .retrying(true)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException("keys of tokens " + jwks, e);
        } catch (ParseException e) {
            throw new IllegalArgumentException("keys of tokens " + jwks + ": no JWK set", e);
        }
    }

    private static boolean isLoopback(URI jwks) {
        return jwks.getHost() != null && Guard.isLoopbackName(jwks.getHost());
    }

    /**
     * Empty when the token is not valid here, whatever the reason.
     *
     * @throws ProblemException (stale) when the keys cannot be had now
     */
    Optional<Caller> verify(String token) {
        Optional<Caller> before = known.find(token);
        if (before.isPresent()) {
            return before;
        }
        try {
            JWTClaimsSet claims = processor.process(token, null);
            Caller caller = new Caller("token " + claims.getSubject(), scopes(claims), Set.of(), null);
            known.keep(token, caller, claims.getExpirationTime().getTime());
            return Optional.of(caller);
        } catch (KeySourceException e) {
            LOG.warn("the keys of tokens cannot be had: {}", e.getMessage());
            throw new ProblemException(Problem.stale("the keys that tokens are signed with cannot be had now"));
        } catch (ParseException | BadJOSEException | JOSEException e) {
            // Its message may hold parts of the token; the kind of failure does not.
            LOG.debug("a token was refused: {}", e.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    /** Scopes of others are none of ours. */
    private static Set<Scope> scopes(JWTClaimsSet claims) {
        Object claim = claims.getClaim("scope");
        Object given = claim == null ? claims.getClaim("scp") : claim;
        Collection<?> labels = switch (given) {
            case String text -> Arrays.asList(text.split(" "));
            case Collection<?> list -> list;
            case null, default -> List.of();
        };
        EnumSet<Scope> scopes = EnumSet.noneOf(Scope.class);
        labels.forEach(label -> Scope.of(String.valueOf(label)).ifPresent(scopes::add));
        return scopes;
    }
}
