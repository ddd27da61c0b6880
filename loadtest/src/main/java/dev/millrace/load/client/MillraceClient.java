package dev.millrace.load.client;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * Blocking calls of the API over HTTP/1.1 with keep-alive. Every call carries ids made by the caller, so an attempt
 * whose answer was lost is made again with the same bytes and cannot count twice.
 *
 * <p>Connection failures, 429 and 502..504 are tried again within {@link Patience}, then
 * {@link ClientException.Unavailable}; any other refusal is {@link ClientException.Refused} at once. A call that waits
 * is ended by interrupting its thread.
 */
public final class MillraceClient implements AutoCloseable {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final URI base;
    private final Patience patience;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http;
    private final LongAdder retries = new LongAdder();

    public MillraceClient(URI baseUri) {
        this(baseUri, Patience.DEFAULT);
    }

    public MillraceClient(URI baseUri, Patience patience) {
        String text = baseUri.toString();
        this.base = URI.create(text.endsWith("/") ? text : text + "/");
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .executor(threads)
                .build();
    }

    public RankAnswer rank(String model, RankRequest request) throws InterruptedException {
        return read(
                call("POST", "v1/models/" + encoded(model) + "/rank", Json.write(request), CALL_TIMEOUT, 200),
                RankAnswer.class);
    }

    /** Returns when the log has all of them; an event that the server had before is among the duplicates. */
    public Posted events(List<Event> events) throws InterruptedException {
        Object body = events.size() == 1 ? events.getFirst() : events;
        Answer answer = call("POST", "v1/events", Json.write(body), CALL_TIMEOUT, 202);
        return new Posted(read(answer, EventsAnswer.class), answer.attempts());
    }

    /** @param attempts above 1: an earlier one, whose answer was lost, may have logged the events already */
    public record Posted(EventsAnswer answer, int attempts) {}

    /**
     * Waits up to {@code within} (whole seconds, 1..30) until the event is served or has ended otherwise, and returns how far it has come.
     *
     * @return empty if the server does not know the event: never posted, or forgotten
     */
    public Optional<Trace> trace(String eventId, Duration within) throws InterruptedException {
        String path = "v1/events/" + encoded(eventId) + "?until=served&within=" + within.toSeconds() + "s";
        HttpRequest request = request(path, CALL_TIMEOUT.plus(within)).GET().build();
        Answer answer = send(request);
        return answer.response().statusCode() == 404
                ? Optional.empty()
                : Optional.of(read(expect(answer, 200), Trace.class));
    }

    public void putUser(String id, Map<String, Object> features) throws InterruptedException {
        put("v1/users/", id, features);
    }

    public void putItem(String id, Map<String, Object> features) throws InterruptedException {
        put("v1/items/", id, features);
    }

    public ModelInfo model(String model) throws InterruptedException {
        return read(call("GET", "v1/models/" + encoded(model), new byte[0], CALL_TIMEOUT, 200), ModelInfo.class);
    }

    /** One look, without patience: whether the service says that it is ready to rank. */
    public boolean ready() throws InterruptedException {
        try {
            HttpRequest request =
                    request("health/readiness", CALL_TIMEOUT).GET().build();
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Attempts beyond the first of every call so far. */
    public long retries() {
        return retries.sum();
    }

    @Override
    public void close() {
        http.shutdownNow();
        threads.shutdownNow();
    }

    private void put(String path, String id, Map<String, Object> features) throws InterruptedException {
        call("PUT", path + encoded(id), Json.write(Map.of("features", features)), CALL_TIMEOUT, 204);
    }

    private record Answer(HttpResponse<byte[]> response, int attempts) {}

    private Answer call(String method, String path, byte[] body, Duration timeout, int expected)
            throws InterruptedException {
        HttpRequest.Builder builder = request(path, timeout);
        if (body.length == 0) {
            builder.method(method, BodyPublishers.noBody());
        } else {
            builder.header("Content-Type", "application/json").method(method, BodyPublishers.ofByteArray(body));
        }
        return expect(send(builder.build()), expected);
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(timeout).header("Accept", "application/json");
    }

    private Answer send(HttpRequest request) throws InterruptedException {
        long startNs = System.nanoTime();
        Duration pause = patience.firstPause();
        for (int attempt = 1; ; attempt++) {
            String failure;
            Duration wait = pause;
            try {
                HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
                if (!worthAnotherTry(response.statusCode())) {
                    return new Answer(response, attempt);
                }
                failure = response.statusCode() + " " + Json.problem(response.body());
                wait = longer(pause, retryAfter(response));
            } catch (IOException e) {
                failure = e.toString();
            }
            Duration spent = Duration.ofNanos(System.nanoTime() - startNs);
            if (spent.plus(wait).compareTo(patience.total()) > 0) {
                throw new ClientException.Unavailable(
                        named(request) + ": gave up after " + spent.toMillis() + " ms: " + failure);
            }
            retries.increment();
            Thread.sleep(wait);
            pause = shorter(pause.multipliedBy(2), patience.longestPause());
        }
    }

    private static boolean worthAnotherTry(int status) {
        return status == 429 || (status >= 502 && status <= 504);
    }

    private Duration retryAfter(HttpResponse<byte[]> response) {
        String seconds = response.headers().firstValue("Retry-After").orElse("0");
        // The date form is not worth a parser: the pause of our own is as good.
        boolean number =
                !seconds.isEmpty() && seconds.length() < 6 && seconds.chars().allMatch(Character::isDigit);
        return number ? shorter(Duration.ofSeconds(Long.parseLong(seconds)), patience.longestPause()) : Duration.ZERO;
    }

    private static Answer expect(Answer answer, int expected) {
        HttpResponse<byte[]> response = answer.response();
        if (response.statusCode() == expected) {
            return answer;
        }
        String text = named(response.request()) + ": " + response.statusCode() + " " + Json.problem(response.body());
        throw new ClientException.Refused(text, response.statusCode());
    }

    private static <T> T read(Answer answer, Class<T> type) {
        HttpResponse<byte[]> response = answer.response();
        try {
            return Json.read(response.body(), type);
        } catch (IOException e) {
            String text = named(response.request()) + ": unreadable answer: " + e.getMessage();
            throw new ClientException.Refused(text, response.statusCode());
        }
    }

    private static String named(HttpRequest request) {
        return request.method() + " " + request.uri();
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static String encoded(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
