package dev.millrace.api.security;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Whether anybody asks who calls. */
public sealed interface SecurityConfig {
    /** Nobody does, so it listens on loopback only, and only to pages of this machine. */
    record Dev() implements SecurityConfig {}

    /**
     * Every caller shows a key or a token, over TLS.
     *
     * @param keys file of API keys, as {@code millrace keys} writes it; read again when it changes
     * @param tokens null: only keys
     */
    record Guarded(Tls tls, Path keys, @Nullable Tokens tokens, Rates rates) implements SecurityConfig {
        /** @throws IllegalArgumentException when the key or the certificate is not there */
        public Guarded {
            readable("certificate", tls.certificate());
            readable("key", tls.key());
        }

        private static void readable(String what, Path file) {
            if (!Files.isReadable(file)) {
                throw new IllegalArgumentException("TLS " + what + " " + file + ": cannot be read; give a PEM file");
            }
        }
    }

    /**
     * PEM files, read again when they change.
     *
     * @param certificate with its chain
     * @param key PKCS #8 or #1
     */
    record Tls(Path certificate, Path key) {}

    /**
     * JSON Web Tokens, signed by one of these keys.
     *
     * @param jwks a JWK set: an https (or file) address
     * @param issuer that a token must name
     * @param audience that a token must name
     */
    record Tokens(URI jwks, String issuer, String audience) {}

    /**
     * Of each caller: a bucket that holds {@code burst} requests and fills again at the rate.
     *
     * @param callers that are remembered; who was forgotten begins with a full bucket
     */
    record Rates(double requestsPerSecond, Duration burst, int callers) {
        public static final Rates DEFAULT = new Rates(2_000, Duration.ofSeconds(2), 10_000);

        public Rates {
            if (!(requestsPerSecond > 0) || !burst.isPositive() || callers < 1) {
                throw new IllegalArgumentException("rates: " + requestsPerSecond + " a second, burst of " + burst
                        + ", of " + callers + " callers; all above zero");
            }
        }
    }

    SecurityConfig DEV = new Dev();
}
