package dev.millrace.deploy.e2e;

import dev.millrace.deploy.embedded.Door;
import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.deploy.embedded.ProfilesFrom;
import dev.millrace.deploy.embedded.Watching;
import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.load.client.RankRequest;
import dev.millrace.load.client.Trace;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;

/** An embedded service of a small shop's model, and calls of its API. */
final class Service implements AutoCloseable {
    static final String MODEL = "shop";
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final LoadedSpec SPEC = spec("""
            model: shop
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              age: {type: number, from: user.age, bins: [18, 40]}
              device: {type: category, from: context.device}
              item: {type: category, from: item.id}
              tags: {type: categories, from: item.tags}
              title: {type: text, from: item.title}
              price: {type: number, from: item.price, transform: log1p, standardize: true}
            crosses: [[user, tags], [age, item]]
            optimizer: {type: ftrl, alpha: 0.2}
            policies: {absence: negative, lateness: 5s}
            """);

    private final EmbeddedMillrace millrace;
    private final HttpClient http = HttpClient.newHttpClient();
    final MillraceClient client;

    private Service(EmbeddedMillrace millrace) {
        this.millrace = millrace;
        this.client = new MillraceClient(millrace.baseUri());
    }

    static LoadedSpec spec(String yaml) {
        return new LoadedSpec(SpecReader.parse("test", yaml), yaml);
    }

    /** Returns when it is ready and the join runs. */
    static Service start(Path data) throws IOException, InterruptedException, TimeoutException {
        return start(data, WeightsFrom.HERE);
    }

    static Service start(Path data, WeightsFrom weights) throws IOException, InterruptedException, TimeoutException {
        return started(open(data, weights));
    }

    /** Of another model of the same name. */
    static Service start(Path data, LoadedSpec spec) throws IOException, InterruptedException, TimeoutException {
        return started(new Service(EmbeddedMillrace.start(data, spec, 0, 0, WeightsFrom.HERE, Clock.systemUTC())));
    }

    /** With windows and canaries. */
    static Service watched(Path data, Watching watching) throws IOException, InterruptedException, TimeoutException {
        return watched(data, List.of(SPEC), watching);
    }

    /** With models that learn from the first one's log. */
    static Service watched(Path data, List<LoadedSpec> specs, Watching watching)
            throws IOException, InterruptedException, TimeoutException {
        return started(new Service(EmbeddedMillrace.start(
                data, specs, Door.local(0), 0, WeightsFrom.HERE, ProfilesFrom.HERE, watching, Clock.systemUTC())));
    }

    private static Service started(Service service) throws InterruptedException, TimeoutException {
        try {
            service.awaitReady();
            return service;
        } catch (TimeoutException | RuntimeException | InterruptedException e) {
            service.close();
            throw e;
        }
    }

    /** Returns when the API listens. */
    static Service open(Path data, WeightsFrom weights) throws IOException, InterruptedException {
        return new Service(EmbeddedMillrace.start(data, SPEC, 0, 0, weights, Clock.systemUTC()));
    }

    void awaitReady() throws InterruptedException, TimeoutException {
        millrace.awaitJoin(PATIENCE);
        Awaitility.await().atMost(PATIENCE).until(client::ready);
    }

    URI uri(String path) {
        return millrace.baseUri().resolve(path);
    }

    int grpcPort() {
        return millrace.grpcPort();
    }

    String bootstrapServers() {
        return millrace.bootstrapServers();
    }

    RankAnswer rank(String requestId, String user, String... items) throws InterruptedException {
        return client.rank(MODEL, RankRequest.of(requestId, user, List.of(items)));
    }

    void act(String eventId, String type, String requestId, String item) throws InterruptedException {
        client.events(List.of(new Event(eventId, type, requestId, item, null, null)));
    }

    /** Waits until the event is served or has ended otherwise. */
    Trace settled(String eventId) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> client.trace(eventId, Duration.ofSeconds(5)).orElse(null),
                        trace -> trace != null && trace.status().ended());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> send(String method, String path, String contentType, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(uri(path))
                        .header("Content-Type", contentType)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        client.close();
        http.close();
        millrace.close();
    }
}
