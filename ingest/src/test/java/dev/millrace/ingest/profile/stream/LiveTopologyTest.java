package dev.millrace.ingest.profile.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.profile.RocksDbProfileStore;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Heartbeat;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole topology in Kafka's test driver, with a real profile store. */
class LiveTopologyTest {
    private static final ModelSpec SPEC = SpecReader.parse("shop", """
            model: shop
            objective: logistic
            labels: {like: 1}
            rewardWindow: 1m
            slots: {item: {type: category, from: item.id}}
            policies: {lateness: 1m}
            realtime:
              liked: {last: [like], length: 3}
              likes: {count: [like], of: item, windows: [365d]}
              rate: {rate: [like], per: [shown], of: item, by: user.country, windows: [1h, 365d], prior: 0.5, strength: 2}
            """);
    private static final long START = 1_700_000_000_000L;
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(START + 500), ZoneOffset.UTC);
    private static final LiveFeatures FEATURES = new LiveFeatures(SPEC);

    @TempDir
    Path dir;

    private ProfileStore profiles;
    private final LiveStats stats = new LiveStats();
    private TopologyTestDriver driver;

    @BeforeEach
    void open() {
        profiles = RocksDbProfileStore.open(dir.resolve("profiles"));
        driver = driver("a");
    }

    @AfterEach
    void close() {
        driver.close();
        profiles.close();
    }

    private TopologyTestDriver driver(String state) {
        var config = LiveStreams.Config.of("nowhere:1", dir.resolve(state), 1);
        return new TopologyTestDriver(
                LiveTopology.of(SPEC, config, profiles, stats, CLOCK), LiveStreams.properties("shop", config));
    }

    private record Logged(String topic, String key, Envelope envelope, long timeMs) {}

    private static Logged shown(String request, String user, String country, long timeMs, String... items) {
        var dictionary = new FeatureCodec.Dictionary();
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId(request)
                .setUser(user)
                .setTimeMs(timeMs)
                .setFeatures(FeatureCodec.encode(
                        RawFeatures.of(Map.of("user.country", new FeatureValue.Text(country))), dictionary));
        for (String item : items) {
            impression.addItems(ShownItem.newBuilder().setItem(item));
        }
        impression.addAllNames(dictionary.names());
        return new Logged(
                Topics.IMPRESSIONS,
                request,
                Envelope.newBuilder().setImpression(impression).build(),
                timeMs);
    }

    private static Logged liked(String id, String request, String item, long timeMs) {
        Action action = Action.newBuilder()
                .setId(id)
                .setType("like")
                .setRequestId(request)
                .setItem(item)
                .setAcceptedMs(timeMs)
                .build();
        return new Logged(
                Topics.ACTIONS, request, Envelope.newBuilder().setAction(action).build(), timeMs);
    }

    private void log(Logged... records) {
        for (Logged record : records) {
            driver.createInputTopic(record.topic, new ByteArraySerializer(), new ByteArraySerializer())
                    .pipeInput(
                            record.key.getBytes(StandardCharsets.UTF_8), record.envelope.toByteArray(), record.timeMs);
        }
    }

    private Object likedBy(String user) {
        Map<String, FeatureValue> out = new HashMap<>();
        FEATURES.user(
                profiles.find(ProfileStore.Kind.USER, List.of(user), FEATURES.userKeys(user))
                        .rows(),
                START,
                out);
        return ((FeatureValue.Texts) Objects.requireNonNull(out.get("user.liked"))).values();
    }

    private Map<String, FeatureValue> item(String item, String country) {
        Map<String, List<String>> segments = Map.of("user.country", List.of(country));
        Map<String, FeatureValue> out = new HashMap<>();
        var found = profiles.find(ProfileStore.Kind.ITEM, List.of(item), FEATURES.itemKeys(item, segments));
        FEATURES.item(found.rows(), segments, START, out);
        return out;
    }

    private double number(String item, String country, String attribute) {
        return ((FeatureValue.Numeric)
                        Objects.requireNonNull(item(item, country).get(attribute)))
                .value();
    }

    @Test
    void anActionReachesThePersonTheItemAndItsSegment() {
        List<Long> fresh = new ArrayList<>();
        stats.recordTo(fresh::add);
        log(shown("r1", "u1", "DE", START, "a", "b"), liked("e1", "r1", "a", START + 10));
        assertEquals(List.of("a"), likedBy("u1"));
        assertEquals(1, number("a", "DE", "item.likes_365d"), 1e-6);
        assertEquals(2.0 / 3, number("a", "DE", "item.rate_365d"), 1e-6);
        assertEquals(1.0 / 3, number("b", "DE", "item.rate_365d"), 1e-6);
        assertEquals(0.5, number("a", "FR", "item.rate_365d"), 1e-6, "nobody there was asked");
        assertEquals(List.of(490L), fresh);
    }

    @Test
    void anActionWaitsForItsImpression() {
        log(liked("e1", "r1", "a", START), liked("e2", "r1", "zzz", START));
        assertEquals(List.of(), likedBy("u1"));
        log(shown("r1", "u1", "DE", START + 5, "a", "b"));
        assertEquals(List.of("a"), likedBy("u1"));
        assertEquals(1, stats.unmatched(), "what was not shown counts for nobody");
    }

    @Test
    void whatComesTwiceCountsOnce() {
        log(shown("r1", "u1", "DE", START, "a"), liked("e1", "r1", "a", START), liked("e1", "r1", "a", START + 9));
        log(shown("r1", "u1", "DE", START + 3, "a"));
        assertEquals(1, number("a", "DE", "item.likes_365d"), 1e-6);
        assertEquals(2.0 / 3, number("a", "DE", "item.rate_365d"), 1e-6);
        assertEquals(2, stats.repeated());
    }

    @Test
    void aForgottenRequestsActionFindsNobody() {
        log(shown("r1", "u1", "DE", START, "a"));
        Envelope later = Envelope.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder()
                        .setTimeMs(START + Duration.ofHours(1).toMillis()))
                .build();
        log(new Logged(Topics.ACTIONS, "", later, START + Duration.ofHours(1).toMillis()));
        log(liked("e1", "r1", "a", START + Duration.ofHours(1).toMillis()));
        assertEquals(List.of(), likedBy("u1"));
    }

    @Test
    void recordsThatCannotBeReadAreCountedAndPassedOver() {
        driver.createInputTopic(Topics.ACTIONS, new ByteArraySerializer(), new ByteArraySerializer())
                .pipeInput(new byte[] {1}, new byte[] {(byte) 0xff, 3, 1}, START);
        log(shown("r1", "u1", "DE", START, "a"), liked("e1", "r1", "a", START));
        assertEquals(1, stats.unreadable());
        assertEquals(List.of("a"), likedBy("u1"));
    }

    /** After a crash the log is read again from the last commit, by state that may have had any of it. */
    @Test
    void recordsReadAgainAfterACrashCountOnce() {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            List<Logged> log = log(random);
            driver.close();
            driver = driver("before-" + seed);
            log(log.toArray(Logged[]::new));
            Map<String, Object> expected = everything();
            long applied = stats.applied();
            TopologyTestDriver crashed = driver;
            driver = driver("after-" + seed);
            copyState(crashed, driver);
            crashed.close();
            log(log.toArray(Logged[]::new));
            assertEquals(expected, everything(), "seed " + seed);
            assertEquals(applied, stats.applied(), "seed " + seed);
            assertTrue(!expected.isEmpty());
        }
    }

    private static List<Logged> log(Random random) {
        List<Logged> log = new ArrayList<>();
        for (int r = 0; r < 30; r++) {
            String request = "r" + r;
            log.add(shown(
                    request, "u" + random.nextInt(4), random.nextBoolean() ? "DE" : "FR", START + r, "a", "b", "c"));
            for (int a = random.nextInt(3); a > 0; a--) {
                String item = List.of("a", "b", "c", "x").get(random.nextInt(4));
                log.add(liked("e" + random.nextInt(40), request, item, START + r + random.nextInt(50)));
            }
        }
        Collections.shuffle(log, random);
        return log;
    }

    private Map<String, Object> everything() {
        Map<String, Object> all = new HashMap<>();
        for (int u = 0; u < 4; u++) {
            all.put("u" + u, likedBy("u" + u));
        }
        for (String item : List.of("a", "b", "c", "x")) {
            all.put(item + "DE", item(item, "DE"));
            all.put(item + "FR", item(item, "FR"));
        }
        return all;
    }

    /** As the changelogs would. */
    private static void copyState(TopologyTestDriver from, TopologyTestDriver to) {
        try (KeyValueIterator<byte[], byte[]> rows =
                from.<byte[], byte[]>getKeyValueStore(EntityProcessor.STORE).all()) {
            rows.forEachRemaining(row ->
                    to.<byte[], byte[]>getKeyValueStore(EntityProcessor.STORE).put(row.key, row.value));
        }
        WindowStore<byte[], byte[]> requests = to.getWindowStore(RequestProcessor.STORE);
        try (var all =
                from.<byte[], byte[]>getWindowStore(RequestProcessor.STORE).all()) {
            while (all.hasNext()) {
                KeyValue<org.apache.kafka.streams.kstream.Windowed<byte[]>, byte[]> one = all.next();
                requests.put(one.key.key(), one.value, one.key.window().start());
            }
        }
    }
}
