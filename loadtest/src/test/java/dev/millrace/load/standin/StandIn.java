package dev.millrace.load.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.ingest.id.SampleIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.ToDoubleBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The API's contract in a few lines, for tests of the client's side: it ranks by a given score, settles a label at once,
 * and counts samples as the learner would; so that no test waits for a window's end, what has no label becomes a
 * negative when somebody asks for the model. Its faults are set by fields.
 */
public final class StandIn implements AutoCloseable {
    /** What to do with a request that arrives. */
    public enum Fault {
        NONE,
        /** Done, and the connection closed before the answer. */
        ANSWER_LOST,
        /** Not done. */
        BUSY,
        /** Done twice: what exactly-once forbids. */
        DOUBLE,
        /** Acknowledged, and forgotten. */
        FORGET
    }

    /** Decides by method and path, at every attempt. */
    @FunctionalInterface
    public interface Faults {
        Fault of(String method, String path, int attempt);
    }

    /** A request as it arrived. */
    public record Call(String method, String path, JsonNode body) {}

    private record Impression(String requestId, List<String> items, long atNs, Map<String, String> labelled) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Impression> impressions = new LinkedHashMap<>();
    private final Map<String, String> traces = new HashMap<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private final Set<Long> learned = new HashSet<>();
    private final List<Call> calls = new ArrayList<>();
    private long samples;
    private long sampleIdSum;

    public volatile Duration window;
    public volatile Faults faults = (method, path, attempt) -> Fault.NONE;
    public volatile ToDoubleBiFunction<String, String> score = (user, item) -> 0.5;
    public volatile Set<String> labels = Set.of("like", "dislike", "click");

    /** @param window after which an action is late */
    public StandIn(Duration window) throws IOException {
        this.window = window;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public URI uri() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    public synchronized List<Call> calls(String method, String pathStart) {
        return calls.stream()
                .filter(call -> call.method().equals(method) && call.path().startsWith(pathStart))
                .toList();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            String path = URLDecoder.decode(exchange.getRequestURI().getRawPath(), StandardCharsets.UTF_8);
            JsonNode body = MAPPER.readTree(exchange.getRequestBody());
            Fault fault = noted(method, path, body);
            if (fault == Fault.BUSY) {
                exchange.getResponseHeaders().add("Retry-After", "0");
                answer(exchange, 503, MAPPER.createObjectNode().put("title", "Busy"));
                return;
            }
            Reply reply = reply(method, path, body, fault);
            if (fault != Fault.ANSWER_LOST) {
                answer(exchange, reply.status, reply.body);
            }
        }
    }

    private synchronized Fault noted(String method, String path, JsonNode body) {
        calls.add(new Call(method, path, body));
        String key = method
                + path
                + body.path("requestId").asText("")
                + body.path("id").asText("");
        return faults.of(method, path, attempts.merge(key, 1, Integer::sum));
    }

    private record Reply(int status, @Nullable JsonNode body) {}

    private synchronized Reply reply(String method, String path, JsonNode body, Fault fault) {
        if (path.endsWith("/rank")) {
            return new Reply(200, rank(body));
        }
        if (path.equals("/v1/events")) {
            return events(body, fault);
        }
        if (path.startsWith("/v1/events/")) {
            String status = traces.get(path.substring("/v1/events/".length()));
            return status == null
                    ? problem(404, "unknown event")
                    : new Reply(200, MAPPER.createObjectNode().put("id", "?").put("status", status));
        }
        if (method.equals("PUT")) {
            return new Reply(204, null);
        }
        if (path.startsWith("/v1/models/demo")) {
            return new Reply(200, info());
        }
        return path.startsWith("/health") ? new Reply(200, MAPPER.createObjectNode()) : problem(404, "no such model");
    }

    private ObjectNode rank(JsonNode body) {
        String requestId = body.path("requestId").asText();
        String user = body.path("user").asText();
        List<String> items = new ArrayList<>();
        body.path("candidates").forEach(one -> items.add(one.path("item").asText()));
        items.sort((a, b) -> Double.compare(score.applyAsDouble(user, b), score.applyAsDouble(user, a)));
        int limit = Math.min(items.size(), body.path("limit").asInt(items.size()));
        List<String> shown = List.copyOf(items.subList(0, limit));
        impressions.putIfAbsent(requestId, new Impression(requestId, shown, System.nanoTime(), new HashMap<>()));
        ObjectNode answer = MAPPER.createObjectNode();
        answer.put("requestId", requestId).put("model", "demo").put("modelVersion", samples);
        var list = answer.putArray("items");
        shown.forEach(item -> list.addObject()
                .put("item", item)
                .put("score", score.applyAsDouble(user, item))
                .put("propensity", 1.0));
        return answer;
    }

    private Reply events(JsonNode body, Fault fault) {
        ObjectNode answer = MAPPER.createObjectNode();
        var list = MAPPER.createArrayNode();
        int duplicates = 0;
        for (JsonNode event : body.isArray() ? body : MAPPER.createArrayNode().add(body)) {
            String id = event.path("id").asText();
            boolean duplicate = traces.containsKey(id);
            if (!duplicate && fault != Fault.FORGET) {
                traces.put(id, join(event, fault));
            }
            duplicates += duplicate ? 1 : 0;
            list.addObject().put("id", id).put("status", duplicate ? "duplicate" : "accepted");
        }
        answer.put("accepted", list.size() - duplicates)
                .put("duplicates", duplicates)
                .set("events", list);
        return new Reply(202, answer);
    }

    private String join(JsonNode event, Fault fault) {
        Impression impression = impressions.get(event.path("requestId").asText());
        String item = event.path("item").asText();
        if (!labels.contains(event.path("type").asText())) {
            return "ignored";
        }
        if (impression == null || !impression.items().contains(item)) {
            return "orphan";
        }
        if (System.nanoTime() - impression.atNs() > window.toNanos()) {
            return "late";
        }
        if (impression.labelled().putIfAbsent(item, event.path("id").asText()) != null) {
            return "duplicate";
        }
        learn(impression.requestId(), item);
        if (fault == Fault.DOUBLE) {
            samples++;
        }
        return "served";
    }

    private void learn(String requestId, String item) {
        long id = SampleIds.of("demo", requestId, item, 0);
        if (learned.add(id)) {
            samples++;
            sampleIdSum += id;
        }
    }

    private ObjectNode info() {
        impressions.values().forEach(one -> one.items().forEach(item -> learn(one.requestId(), item)));
        return MAPPER.createObjectNode()
                .put("model", "demo")
                .put("version", samples)
                .put("samplesLearned", samples)
                .put("sampleIdSum", Long.toString(sampleIdSum))
                // It settles what was passed over when asked, so it has learned all event time there is.
                .put("watermarkMs", Long.MAX_VALUE)
                .put("somethingNewer", true);
    }

    private static Reply problem(int status, String title) {
        ObjectNode body = MAPPER.createObjectNode();
        body.put("title", title)
                .put("detail", "it is not there")
                .put("field", "model")
                .put("fix", "known: demo");
        return new Reply(status, body);
    }

    private static void answer(HttpExchange exchange, int status, @Nullable JsonNode body) {
        try {
            byte[] bytes = body == null ? new byte[0] : MAPPER.writeValueAsBytes(body);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
