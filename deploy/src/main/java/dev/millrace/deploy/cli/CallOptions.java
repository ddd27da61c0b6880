package dev.millrace.deploy.cli;

import dev.millrace.load.client.RestClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A running service, and who calls it. */
final class CallOptions {
    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:8080",
            description = "The service. Default: ${DEFAULT-VALUE}.")
    private URI url = URI.create("");

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            defaultValue = "${env:MILLRACE_API_KEY}",
            description = "Of a service with keys, one with the scope admin; others see what is typed here, so better"
                    + " $MILLRACE_API_KEY, the default, or --api-key-file.")
    @Nullable
    private String apiKey;

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "The same from a file.")
    @Nullable
    private Path apiKeyFile;

    @Option(
            names = "--token",
            paramLabel = "JWT",
            defaultValue = "${env:MILLRACE_TOKEN}",
            description = "A token instead of a key. Default: $MILLRACE_TOKEN.")
    @Nullable
    private String token;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "Who signed the service's certificate, PEM. Default: whom the JDK trusts.")
    @Nullable
    private Path ca;

    RestClient open() throws IOException {
        String key = apiKeyFile == null ? apiKey : Files.readString(apiKeyFile).strip();
        return new RestClient(url, new RestClient.Credentials(key, token), ca == null ? null : trusting(ca));
    }

    private static SSLContext trusting(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int n = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + n++, certificate);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("--ca " + file + ": no certificates in PEM", e);
        }
    }
}
