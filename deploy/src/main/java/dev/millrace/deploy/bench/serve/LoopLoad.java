package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.Figure;
import dev.millrace.deploy.bench.ServiceProcess;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.ModelInfo;
import dev.millrace.load.open.HttpLoad;
import dev.millrace.load.open.LoadResult;
import dev.millrace.load.open.Requests;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code millrace serve}, everything in one process, ranking 2,000 requests a second of 20 candidates each, with an event for
 * every fifth answer, while the join makes samples of them all and the learner learns them.
 */
final class LoopLoad {
    static final ServeWorld WORLD = new ServeWorld("serve-loop", "w", 2_000, 2_000, 500);
    private static final int CANDIDATES = 20;
    private static final double RANKS = 2_000;
    /** Of so many requests the last is a post of an event. */
    private static final int EVERY = 6;

    private static final int CONNECTIONS = 128;
    /** So long the JVM compiles on two cores that are busy. */
    private static final Duration WARM_UP = Duration.ofMinutes(3);

    private static final Duration MEASURED = Duration.ofSeconds(60);
    private static final double LEAST = 0.995;
    private static final double P99_MS = 50;

    private final Path home;
    private final Path scratch;

    LoopLoad(Path home, Path scratch) {
        this.home = home;
        this.scratch = scratch;
    }

    void run(List<Figure> figures) throws IOException, InterruptedException {
        Path spec = scratch.resolve(WORLD.model() + ".yml");
        Files.writeString(spec, WORLD.spec());
        try (ServiceProcess service = ServiceProcess.start(
                        home.resolve("deploy").resolve("millrace"), spec, scratch.resolve("loop"));
                MillraceClient client = new MillraceClient(service.baseUri())) {
            store(client);
            URI base = service.baseUri();
            Requests mixed = new Mixed(base.getAuthority());
            var options = new HttpLoad.Options(
                    new InetSocketAddress(base.getHost(), base.getPort()), CONNECTIONS, Duration.ZERO, WARM_UP);
            double rate = RANKS * EVERY / (EVERY - 1);
            Turns.said("warm-up", HttpLoad.open(options, rate, mixed));
            ModelInfo before = client.model(WORLD.model());
            LoadResult result = Turns.said(
                    "2,000/s",
                    HttpLoad.open(
                            new HttpLoad.Options(options.server(), CONNECTIONS, Duration.ZERO, MEASURED), rate, mixed));
            ModelInfo after = client.model(WORLD.model());
            double ranked = result.first().ok() / result.seconds();
            figures.add(Figure.atLeast("loop ranked of 2,000/s", ranked / RANKS, "", LEAST));
            figures.add(Figure.measured("loop rank p50", result.first().percentileMs(50), "ms"));
            figures.add(Figure.atMost("loop rank p99", result.first().percentileMs(99), "ms", P99_MS));
            figures.add(Figure.measured(
                    "loop events", result.kinds().get(Mixed.EVENT).ok() / result.seconds(), "/s"));
            figures.add(Figure.exactly("loop failed", result.failed(), "requests", 0));
            figures.add(Figure.measured(
                    "loop samples learned",
                    (after.samplesLearned() - before.samplesLearned()) / result.seconds(),
                    "/s"));
            figures.add(Figure.measured("loop generator CPU", result.cpuUsARequest(), "us"));
        }
    }

    /** The world's people and items. */
    static void store(MillraceClient client) throws InterruptedException {
        for (int i = 0; i < WORLD.items(); i++) {
            client.putItem(WORLD.item(i), json(WORLD.itemProfile(i), "item."));
        }
        for (int u = 0; u < WORLD.users(); u++) {
            client.putUser(WORLD.user(u), json(WORLD.userProfile(u), "user."));
        }
    }

    private static Map<String, Object> json(RawFeatures features, String prefix) {
        Map<String, Object> json = new HashMap<>();
        features.asMap()
                .forEach((name, value) -> json.put(
                        name.substring(prefix.length()),
                        switch (value) {
                            case FeatureValue.Text text -> text.value();
                            case FeatureValue.Texts texts -> texts.values();
                            case FeatureValue.Numeric number -> number.value();
                        }));
        return json;
    }

    /** Ranks, and clicks on the first item of an answer. */
    static final class Mixed implements Requests {
        static final int EVENT = 1;
        private static final int MOST_PENDING = 10_000;
        private static final String ITEM = "\"items\":[{\"item\":\"";
        private static final String REQUEST = "{\"requestId\":\"";

        private final String host;
        private final Requests ranks;
        private final Deque<String> clicks = new ArrayDeque<>();

        Mixed(String host) {
            this.host = host;
            ranks = WORLD.requests(host, "/v1/models/" + WORLD.model() + "/rank", CANDIDATES);
        }

        @Override
        public Request next(long number) {
            String click = number % EVERY == EVERY - 1 ? clicks.poll() : null;
            return click == null
                    ? ranks.next(number)
                    : new Request(Requests.post(host, "/v1/events", click.getBytes(StandardCharsets.UTF_8)), EVENT);
        }

        @Override
        public void answered(Request request, int status, ByteBuffer body) {
            if (request.kind() == EVENT || status != 200 || clicks.size() >= MOST_PENDING) {
                return;
            }
            String answer = StandardCharsets.UTF_8
                    .decode(body.slice(body.position(), Math.min(300, body.remaining())))
                    .toString();
            clicks.add("{\"type\":\"click\",\"requestId\":\"" + text(answer, REQUEST) + "\",\"item\":\""
                    + text(answer, ITEM) + "\"}");
        }

        private static String text(String answer, String before) {
            int from = answer.indexOf(before) + before.length();
            return answer.substring(from, answer.indexOf('"', from));
        }
    }
}
