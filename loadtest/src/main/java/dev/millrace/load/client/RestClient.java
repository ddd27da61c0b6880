package dev.millrace.load.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The API as it is, one call a method, for commands of an operator: no second tries. Safe for many threads. */
public final class RestClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final HttpClient http;
    private final URI base;
    private final Credentials credentials;

    /** Who calls: an API key, or a token. */
    public record Credentials(
            @Nullable String apiKey, @Nullable String token) {
        public static final Credentials NONE = new Credentials(null, null);

        /** No secret. */
        @Override
        public String toString() {
            return apiKey != null ? "API key" : token != null ? "token" : "nobody";
        }
    }

    /** Of a service that asks nobody who they are. */
    public RestClient(URI base) {
        this(base, Credentials.NONE, null);
    }

    /** @param trusted who may have signed the service's certificate; null: whom the JDK trusts */
    public RestClient(URI base, Credentials credentials, @Nullable SSLContext trusted) {
        this.base = base;
        this.credentials = credentials;
        HttpClient.Builder builder = HttpClient.newBuilder();
        http = (trusted == null ? builder : builder.sslContext(trusted)).build();
    }

    /** @throws ClientException.Refused with the problem's words */
    public JsonNode get(String path) throws IOException, InterruptedException {
        return call(HttpRequest.newBuilder(base.resolve(path)).GET());
    }

    /**
     * @param ifMatch the revision that the caller has seen; null: any
     * @throws ClientException.Refused with the problem's words
     */
    public JsonNode send(String method, String path, Map<String, ?> body, @Nullable String ifMatch)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path))
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofByteArray(Json.write(body)));
        if (ifMatch != null) {
            request.header("If-Match", "\"" + ifMatch + "\"");
        }
        return call(request);
    }

    private JsonNode call(HttpRequest.Builder builder) throws IOException, InterruptedException {
        if (credentials.apiKey() != null) {
            builder.header("X-API-Key", credentials.apiKey());
        } else if (credentials.token() != null) {
            builder.header("Authorization", "Bearer " + credentials.token());
        }
        HttpRequest request = builder.timeout(TIMEOUT).build();
        HttpResponse<byte[]> response;
        try {
            response = http.send(request, BodyHandlers.ofByteArray());
        } catch (java.net.ConnectException e) {
            throw new IOException("nobody answers at " + base + "; is the service running? (--url)", e);
        }
        if (response.statusCode() / 100 != 2) {
            throw new ClientException.Refused(
                    response.statusCode() + " " + Json.problem(response.body()), response.statusCode());
        }
        return Json.read(response.body(), JsonNode.class);
    }

    @Override
    public void close() {
        http.close();
    }
}
