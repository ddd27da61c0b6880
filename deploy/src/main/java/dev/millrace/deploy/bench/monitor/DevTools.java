package dev.millrace.deploy.bench.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A headless Chromium with one page, told what to do by the Chrome DevTools Protocol. Belongs to one thread; answers
 * come on the client's.
 */
final class DevTools implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long PATIENCE_SECONDS = 60;
    private static final long LOOK_MS = 50;
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final WebSocket socket;
    private final String session;

    private DevTools(Process process, Path profile, int width, int height) throws IOException, InterruptedException {
        this.process = process;
        socket = wait(client.newWebSocketBuilder().buildAsync(address(profile), new Listener()));
        String target = call(null, "Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asText();
        session = call(null, "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .path("sessionId")
                .asText();
        var unused = call(
                session,
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        unused = call(session, "Page.enable", Map.of());
    }

    /**
     * Starts it.
     *
     * @param profile an empty folder
     * @param height of the window: what lies in it is drawn
     * @throws IOException where none is installed, or it does not start
     */
    static DevTools start(Path profile, int width, int height) throws IOException, InterruptedException {
        Path executable = Arrays.stream(
                        Objects.requireNonNullElse(System.getenv("PATH"), "").split(File.pathSeparator, -1))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException("no browser: install one of " + NAMES));
        Process process = new ProcessBuilder(
                        executable.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(
                        profile.resolveSibling(profile.getFileName() + ".log").toFile())
                .start();
        try {
            return new DevTools(process, profile, width, height);
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            throw e;
        }
    }

    private URI address(Path profile) throws IOException, InterruptedException {
        Path port = profile.resolve("DevToolsActivePort");
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < endNs && process.isAlive()) {
            List<String> lines = Files.exists(port) ? Files.readAllLines(port) : List.of();
            if (lines.size() == 2) {
                return URI.create("ws://127.0.0.1:" + lines.getFirst() + lines.getLast());
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
        throw new IOException("the browser did not start");
    }

    /** Opens an address; returns when the page has begun to load. */
    void open(URI page) throws IOException, InterruptedException {
        JsonNode opened = call(session, "Page.navigate", Map.of("url", page.toString()));
        if (opened.has("errorText")) {
            throw new IOException(page + ": " + opened.path("errorText").asText());
        }
    }

    /** The value of an expression in the page, awaited where it is a promise. */
    JsonNode evaluate(String expression) throws IOException, InterruptedException {
        JsonNode said = call(
                session,
                "Runtime.evaluate",
                Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
        if (said.has("exceptionDetails")) {
            throw new IOException("in the page: " + said.path("exceptionDetails"));
        }
        return said.path("result").path("value");
    }

    private JsonNode call(@Nullable String of, String method, Map<String, Object> parameters)
            throws IOException, InterruptedException {
        long id = ids.incrementAndGet();
        ObjectNode message = MAPPER.createObjectNode().put("id", id).put("method", method);
        message.set("params", MAPPER.valueToTree(parameters));
        if (of != null) {
            message.put("sessionId", of);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        var unused = wait(socket.sendText(message.toString(), true));
        JsonNode said = wait(answer);
        if (said.has("error")) {
            throw new IOException(method + ": " + said.path("error"));
        }
        return said.path("result");
    }

    private static <T> T wait(CompletableFuture<T> future) throws IOException, InterruptedException {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the browser did not answer", e);
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                hear(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void hear(String message) {
            try {
                JsonNode said = MAPPER.readTree(message);
                CompletableFuture<JsonNode> asked =
                        waiting.remove(said.path("id").asLong());
                if (asked != null) {
                    asked.complete(said);
                }
            } catch (IOException e) {
                waiting.values().forEach(asked -> asked.completeExceptionally(e));
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        client.close();
    }
}
