package dev.millrace.api.canary;

import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.ProblemException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Reads canaries through the public API, at the address where others call it. Safe for many threads. */
public final class PublicReader implements CanaryReader, AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int OK = 200;

    private final HttpClient http;
    private final URI base;
    private final String bearer;

    /** @param bearer value of the header Authorization */
    public PublicReader(HttpClient.Builder http, URI base, String bearer) {
        this.http = http.connectTimeout(TIMEOUT)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        this.base = base;
        this.bearer = bearer;
    }

    @Override
    public float score(String model, long number) throws IOException, InterruptedException {
        URI address = base.resolve("/v1/models/"
                + URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20") + "/canaries/" + number);
        HttpResponse<byte[]> answer = http.send(
                HttpRequest.newBuilder(address)
                        .header("Authorization", bearer)
                        .timeout(TIMEOUT)
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != OK) {
            throw new IOException(address + " answers " + answer.statusCode());
        }
        try {
            return JsonIn.read(answer.body(), PublicReader::score);
        } catch (ProblemException e) {
            throw new IOException(address + " answers no score", e);
        }
    }

    private static float score(JsonIn in) throws IOException {
        float[] score = {Float.NaN};
        in.object(List.of("model", "number", "score", "modelVersion"), name -> {
            switch (name) {
                case "model" -> in.text(1, Integer.MAX_VALUE);
                case "score" -> score[0] = (float) in.number();
                default -> in.wholeNumber(0, Long.MAX_VALUE);
            }
        });
        return score[0];
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
