package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue.Numeric;
import dev.millrace.ingest.feature.FeatureValue.Texts;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.RankRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real-time features in the running service: learned as served, and there again after {@code kill -9}. */
@Tag("e2e")
class RealtimeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String YAML = """
            model: shop
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 4s
            slots:
              item: {type: category, from: item.id}
              liked: {type: categories, from: user.liked}
              rate: {type: number, from: item.rate_365d, transform: logit, standardize: true}
            crosses: [[liked, item]]
            realtime:
              liked: {last: [like], length: 3}
              likes: {count: [like], of: item, windows: [365d]}
              rate: {rate: [like], per: [shown], of: item, windows: [365d], prior: 0.5, strength: 2}
            policies: {absence: negative, lateness: 5s}
            """;
    private static final LoadedSpec SPEC = Service.spec(YAML);

    @TempDir
    Path dir;

    /** A request's raw features as its impression has them: the request's, then each item's. */
    private static Map<String, RawFeatures> served(String bootstrapServers, String requestId)
            throws InvalidProtocolBufferException {
        Impression impression = Log.impressions(bootstrapServers).stream()
                .filter(one -> one.getRequestId().equals(requestId))
                .findFirst()
                .orElseThrow();
        Map<String, RawFeatures> features = new TreeMap<>();
        features.put("", FeatureCodec.decode(impression.getFeatures(), impression.getNamesList()));
        for (ShownItem item : impression.getItemsList()) {
            features.put(item.getItem(), FeatureCodec.decode(item.getFeatures(), impression.getNamesList()));
        }
        return features;
    }

    private static List<String> ids(Map<String, RawFeatures> served, String item) {
        Vectorizer vectorizer = new Vectorizer(SPEC.spec());
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(Objects.requireNonNull(served.get("")), hashed, vector);
        vectorizer.item(Objects.requireNonNull(served.get(item)), hashed, vector);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < vector.size(); i++) {
            ids.add(vector.id(i) + "=" + vector.value(i));
        }
        return ids;
    }

    private static List<String> ids(SampleBlock block, int sample) {
        List<String> ids = new ArrayList<>();
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            ids.add(block.featureId(f) + "=" + block.featureValue(f));
        }
        return ids;
    }

    /**
     * The item that is passed over becomes a sample seconds after its request's like has changed the person's profile and
     * the item's rate: whoever reads them then learns from what was not known yet.
     */
    @Test
    void theSampleHasWhatWasServedAndNothingLater() throws Exception {
        try (Service service = Service.start(dir, SPEC)) {
            // Once it runs it takes a moment, the first time longer.
            service.rank("first", "bert", "z");
            service.act("e0", "like", "first", "z");
            awaitLiked(service, "bert", "z");
            service.rank("before", "anna", "a", "b");
            service.act("e1", "like", "before", "a");
            awaitLiked(service, "anna", "a");
            assertTrue(
                    Log.samples(service.bootstrapServers()).stream().noneMatch(block -> holds(block, "b")),
                    "the profile has changed before the negative is made");
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() ->
                            Log.samples(service.bootstrapServers()).stream().anyMatch(block -> holds(block, "b")));
            var before = served(service.bootstrapServers(), "before");
            assertEquals(
                    new Texts(List.of()), Objects.requireNonNull(before.get("")).get("user.liked"));
            List<String> learned = learned(service, "b");
            assertEquals(ids(before, "b"), learned);
            // The leak that this test is for would show.
            service.rank("last", "anna", "a", "b");
            var last = served(service.bootstrapServers(), "last");
            assertNotEquals(ids(last, "b"), learned);
            assertTrue(number(last, "b", "item.rate_365d") < number(before, "b", "item.rate_365d"));
            String timed = "millrace_profile_freshness_seconds_count{model=\"shop\"} ";
            String metrics = service.get("/prometheus").body();
            assertTrue(
                    metrics.lines()
                            .anyMatch(line ->
                                    line.startsWith(timed) && Double.parseDouble(line.substring(timed.length())) >= 2),
                    "both actions were timed");
        }
    }

    private static void awaitLiked(Service service, String user, String item) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            String id = "liked-" + System.nanoTime();
            service.rank(id, user, "a", "b");
            var served = served(service.bootstrapServers(), id);
            return new Texts(List.of(item))
                    .equals(Objects.requireNonNull(served.get("")).get("user.liked"));
        });
    }

    private static boolean holds(SampleBlock block, String item) {
        return indexOf(block, item) >= 0;
    }

    private static int indexOf(SampleBlock block, String item) {
        long id = SampleIds.of(Service.MODEL, "before", item, 0);
        for (int i = 0; i < block.size(); i++) {
            if (block.sampleId(i) == id) {
                return i;
            }
        }
        return -1;
    }

    private static List<String> learned(Service service, String item) {
        SampleBlock block = Log.samples(service.bootstrapServers()).stream()
                .filter(one -> holds(one, item))
                .findFirst()
                .orElseThrow();
        return ids(block, indexOf(block, item));
    }

    private static double number(Map<String, RawFeatures> served, String item, String attribute) {
        return ((Numeric) Objects.requireNonNull(
                        Objects.requireNonNull(served.get(item)).get(attribute)))
                .value();
    }

    /** Local state and the profile store are lost as well: all comes from the changelog. */
    @Test
    void afterAKillTheFeaturesComeFromTheChangelog() throws Exception {
        int port = Serve.freePort();
        int kafka = Serve.freePort();
        String bootstrap = "127.0.0.1:" + kafka;
        Path spec = Files.writeString(dir.resolve("shop.yml"), YAML);
        String[] kafkaPort = {"--kafka-port", Integer.toString(kafka)};
        Process service = Serve.start(dir, spec, port, kafkaPort);
        try (MillraceClient client = new MillraceClient(URI.create("http://127.0.0.1:" + port))) {
            Awaitility.await().atMost(PATIENCE.multipliedBy(2)).until(client::ready);
            for (int i = 0; i < 20; i++) {
                client.rank("shop", RankRequest.of("r" + i, "anna", List.of("a", "b", "c")));
                client.events(List.of(new Event("e" + i, "like", "r" + i, i % 2 == 0 ? "a" : "b", null, null)));
            }
            Awaitility.await().atMost(PATIENCE).until(() -> likes(client, bootstrap) > 19.99);
            service.destroyForcibly().waitFor();
            delete(dir.resolve("data/streams"));
            delete(dir.resolve("data/profiles"));
            service = Serve.start(dir, spec, port, kafkaPort);
            Awaitility.await().atMost(PATIENCE.multipliedBy(2)).until(client::ready);
            Awaitility.await().atMost(PATIENCE).until(() -> likes(client, bootstrap) > 19.99);
            assertEquals(20, likes(client, bootstrap), 1e-3, "each once");
            client.rank("shop", RankRequest.of("last", "anna", List.of("a", "b", "c")));
            assertEquals(
                    new Texts(List.of("b", "a")),
                    Objects.requireNonNull(served(bootstrap, "last").get("")).get("user.liked"));
            service.destroy();
            assertTrue(service.waitFor(60, TimeUnit.SECONDS), "it stops when asked to");
        } finally {
            service.destroyForcibly();
        }
    }

    private static double likes(MillraceClient client, String bootstrap)
            throws InterruptedException, InvalidProtocolBufferException {
        String id = "likes-" + System.nanoTime();
        client.rank("shop", RankRequest.of(id, "bert", List.of("a", "b")));
        var served = served(bootstrap, id);
        return number(served, "a", "item.likes_365d") + number(served, "b", "item.likes_365d");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
