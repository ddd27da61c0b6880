package dev.millrace.api.security;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How a server that calls itself knows itself: by the very certificate in its file, whatever name stands on it and whoever
 * signed it. The file is read at each handshake; the one before it is still good while the server takes up a new one.
 */
public final class OwnTls extends X509ExtendedTrustManager {
    private static final X509Certificate[] NOBODY = {};

    private final SecurityConfig.Tls files;
    private volatile @Nullable Certificate known;

    private OwnTls(SecurityConfig.Tls files) {
        this.files = files;
    }

    /** For clients of this server alone. */
    public static SSLContext of(SecurityConfig.Tls files) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new OwnTls(files)}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        Certificate shown = chain[0];
        if (shown.equals(known)) {
            return;
        }
        try (InputStream in = Files.newInputStream(files.certificate())) {
            Certificate own = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .findFirst()
                    .orElseThrow(() -> new CertificateException(files.certificate() + " has no certificate"));
            if (!shown.equals(own)) {
                throw new CertificateException("this is not the server of " + files.certificate());
            }
            known = own;
        } catch (IOException e) {
            throw new CertificateException(files.certificate() + " cannot be read", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    private static CertificateException noClient() {
        return new CertificateException("it is asked by no client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw noClient();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw noClient();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw noClient();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return NOBODY;
    }
}
