package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.api.security.TestTls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service as a process with TLS, keys and tokens; no file that it wrote and no line that it said holds a secret. */
@Tag("e2e")
class SecretsTest {
    private static final String RANK = "{\"candidates\":[{\"item\":\"a\"}]}";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path dir;

    @TempDir
    Path tlsDir;

    private final List<String> secrets = new ArrayList<>();
    private URI base = URI.create("https://127.0.0.1");

    @Test
    void nothingThatIsShownOrRefusedIsWrittenDown() throws Exception {
        TestTls tls = TestTls.in(tlsDir);
        String privateKey = Files.readAllLines(tls.files().key()).get(1);
        ECKey signer = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
        Path jwks = Files.writeString(dir.resolve("jwks.json"), new JWKSet(signer.toPublicJWK()).toString());
        String key = create("--scope", "rank");
        String revoked = create("--scope", "admin");
        int port = Serve.freePort();
        base = URI.create("https://127.0.0.1:" + port);
        Process process = Serve.start(
                dir,
                Files.writeString(dir.resolve("shop.yml"), Service.SPEC.yaml()),
                port,
                "--tls-cert",
                tls.files().certificate().toString(),
                "--tls-key",
                tls.files().key().toString(),
                "--jwks",
                jwks.toUri().toString(),
                "--jwt-issuer",
                "issuer");
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(tls.trusting()).build()) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> status(client, "/health/readiness", "") == 200);
            assertEquals(200, status(client, "/v1/models/shop/rank", key));
            assertEquals(200, status(client, "/v1/models/shop/rank", token(signer)));
            assertEquals(0, audit(tls, revoked), "an operator's command with an admin's key");
            assertEquals(1, audit(tls, key), "which another key is not");
            String id = revoked.substring("mk_".length(), revoked.indexOf('_', "mk_".length()));
            assertEquals(
                    0,
                    Tools.millrace(
                                    "keys",
                                    "revoke",
                                    "--data",
                                    dir.resolve("data").toString(),
                                    id)
                            .code());
            Awaitility.await().atMost(PATIENCE).until(() -> status(client, "/v1/monitor", revoked) == 401);
            ECKey stranger = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
            for (String refused :
                    List.of(key + "x", token(stranger), token(stranger).substring(9), "mk_a_s3cret0123456789")) {
                secrets.add(refused);
                assertEquals(401, status(client, "/v1/models/shop/rank", refused));
            }
            assertEquals(401, status(client, "/v1/models/shop/rank?key=" + key, ""));
            assertEquals(404, status(client, "/v1/nowhere?key=" + key, key));
        } finally {
            process.destroy();
            process.waitFor();
        }
        secrets.add(privateKey);
        for (String secret : secrets) {
            assertEquals(List.of(), Written.files(dir, secret), "a secret stands in");
        }
        assertTrue(!Written.files(dir, "model shop at https://").isEmpty(), "the search finds what is there");
    }

    private int audit(TestTls tls, String key) throws IOException, InterruptedException {
        Path file = Files.writeString(tlsDir.resolve("key.txt"), key);
        return Tools.millrace(
                        "models",
                        "audit",
                        "--url",
                        base.toString(),
                        "--ca",
                        tls.files().certificate().toString(),
                        "--api-key-file",
                        file.toString())
                .code();
    }

    private String create(String... more) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(
                List.of("keys", "create", "--data", dir.resolve("data").toString(), "--name", "test"));
        arguments.addAll(List.of(more));
        Tools.Result created = Tools.millrace(arguments.toArray(String[]::new));
        assertEquals(0, created.code(), created.output());
        String key = created.output()
                .lines()
                .filter(line -> line.startsWith("mk_"))
                .findFirst()
                .orElseThrow();
        secrets.add(key.substring(key.indexOf('_', "mk_".length()) + 1));
        return key;
    }

    private String token(ECKey by) throws Exception {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k").build(),
                new JWTClaimsSet.Builder()
                        .issuer("issuer")
                        .audience("millrace")
                        .subject("backend")
                        .expirationTime(new Date(System.currentTimeMillis() + 60_000))
                        .claim("scope", "rank")
                        .build());
        jwt.sign(new ECDSASigner(by));
        secrets.add(jwt.serialize());
        return jwt.serialize();
    }

    private int status(HttpClient client, String path, String credential) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
        if (!credential.isEmpty()) {
            request.header("Authorization", "Bearer " + credential);
        }
        if (path.contains("rank")) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(RANK));
        }
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertTrue(credential.isEmpty() || !response.body().contains(credential), response.body());
        return response.statusCode();
    }
}
