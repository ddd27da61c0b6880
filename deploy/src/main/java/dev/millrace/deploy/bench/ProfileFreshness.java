package dev.millrace.deploy.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** How soon actions were in the profile store, off a service's metrics. */
final class ProfileFreshness {
    private static final String NAME = "millrace_profile_freshness_seconds_";

    private ProfileFreshness() {}

    /** The share of actions whose real-time features stood in the profile store within a second of acceptance; NaN: none. */
    static double within1s(URI service) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request =
                    HttpRequest.newBuilder(service.resolve("/prometheus")).build();
            String metrics =
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            return value(metrics, NAME + "bucket", "le=\"1.0\"") / value(metrics, NAME + "count", "");
        }
    }

    private static double value(String metrics, String name, String label) {
        return metrics.lines()
                .filter(line -> line.startsWith(name) && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
