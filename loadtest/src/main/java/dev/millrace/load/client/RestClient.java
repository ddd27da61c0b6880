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
import org.jspecify.annotations.Nullable;

/** The API as it is, one call a method, for commands of an operator: no second tries. Safe for many threads. */
public final class RestClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI base;

    public RestClient(URI base) {
        this.base = base;
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
