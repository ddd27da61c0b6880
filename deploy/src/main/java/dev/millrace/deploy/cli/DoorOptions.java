package dev.millrace.deploy.cli;

import dev.millrace.api.ApiConfig;
import dev.millrace.api.security.SecurityConfig;
import dev.millrace.deploy.embedded.Door;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who may call the API, and where. Each can come from the environment; none of them is a secret, all name files. */
final class DoorOptions {
    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = ApiConfig.LOOPBACK,
            description = "Address that the API listens at; others than loopback need --tls-cert and --tls-key."
                    + " Default: ${DEFAULT-VALUE}.")
    private String host = ApiConfig.LOOPBACK;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            defaultValue = "${env:MILLRACE_TLS_CERT}",
            description = "Certificate with its chain, PEM. With it every caller needs a key or a token."
                    + " Default: $MILLRACE_TLS_CERT.")
    @Nullable
    private Path certificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            defaultValue = "${env:MILLRACE_TLS_KEY}",
            description = "Its private key, PEM. Default: $MILLRACE_TLS_KEY.")
    @Nullable
    private Path key;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description = "API keys, as millrace keys writes them. Default: 'keys' in the data folder.")
    @Nullable
    private Path keys;

    @Option(
            names = "--jwks",
            paramLabel = "URL",
            defaultValue = "${env:MILLRACE_JWKS}",
            description = "Tokens (JWT) are taken too, signed by a key of this JWK set: https:// or file:."
                    + " Default: $MILLRACE_JWKS.")
    @Nullable
    private URI jwks;

    @Option(
            names = "--jwt-issuer",
            paramLabel = "ISSUER",
            defaultValue = "${env:MILLRACE_JWT_ISSUER}",
            description = "That tokens must name. Default: $MILLRACE_JWT_ISSUER.")
    @Nullable
    private String issuer;

    @Option(
            names = "--jwt-audience",
            paramLabel = "AUDIENCE",
            defaultValue = "millrace",
            description = "That tokens must name. Default: ${DEFAULT-VALUE}.")
    private String audience = "millrace";

    @Option(
            names = "--caller-rate",
            paramLabel = "R",
            defaultValue = "2000",
            description = "Requests a second that a caller may send whose key says nothing else."
                    + " Default: ${DEFAULT-VALUE}.")
    private double rate;

    /** @throws IllegalArgumentException when they do not go together */
    Door door(Path data, int port) {
        if (certificate == null && key == null) {
            if (keys != null || jwks != null) {
                throw new IllegalArgumentException("--keys and --jwks need --tls-cert and --tls-key: keys and tokens"
                        + " must not travel in the clear");
            }
            return new Door(host, port, ApiConfig.Edge.DEV);
        }
        if (certificate == null || key == null) {
            throw new IllegalArgumentException("--tls-cert and --tls-key come together; both are PEM files");
        }
        var rates = new SecurityConfig.Rates(
                rate, SecurityConfig.Rates.DEFAULT.burst(), SecurityConfig.Rates.DEFAULT.callers());
        Path keyFile = keys == null ? data.resolve(KeysCommand.FILE) : keys;
        var guarded = new SecurityConfig.Guarded(new SecurityConfig.Tls(certificate, key), keyFile, tokens(), rates);
        return new Door(host, port, ApiConfig.Edge.DEV.withSecurity(guarded));
    }

    private SecurityConfig.@Nullable Tokens tokens() {
        if (jwks == null) {
            return null;
        }
        if (issuer == null) {
            throw new IllegalArgumentException("--jwks needs --jwt-issuer: whose tokens are taken");
        }
        return new SecurityConfig.Tokens(jwks, issuer, audience);
    }
}
