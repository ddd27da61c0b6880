package dev.millrace.api.desk;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.api.HandClock;
import dev.millrace.api.MovieSpec;
import dev.millrace.api.events.EventsReader;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.ingest.hostile.Hostile;
import dev.millrace.ingest.profile.ProfileStore.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every body that a caller may send, given {@link Hostile} bytes. */
class ReadersHostileTest {
    private static final int RUNS = 10_000;
    private static final HandClock CLOCK = new HandClock(1_700_000_000_000L);
    private static final RankReader RANK = new RankReader(MovieSpec.SPEC, new RequestIds(CLOCK, new Random(1)));
    private static final EventsReader EVENTS = new EventsReader(CLOCK, Duration.ofSeconds(10));
    private static final String REQUEST =
            "{\"requestId\":\"r1\",\"user\":\"u1\",\"session\":\"s1\",\"context\":{\"device\":\"phone\"},"
                    + "\"limit\":1,\"candidates\":[{\"features\":{\"price\":3.5e0,\"genres\":[\"\\u00e9\",\"b\"]},\"item\":\"i1\"},{\"item\":\"i2\"}]}";
    private static final String EVENT =
            "{\"id\":\"e\",\"type\":\"like\",\"requestId\":\"r\",\"item\":\"a\",\"value\":1.5,\"time\":\"2023-11-14T22:13:20Z\"}";
    private static final String CLOUD = "{\"specversion\":\"1.0\",\"id\":\"c\",\"source\":\"/s\",\"type\":\"like\","
            + "\"time\":\"2023-11-14T22:13:20Z\",\"data\":{\"requestId\":\"r\",\"item\":\"a\",\"value\":1}}";
    private static final String PROFILE =
            "{\"features\":{\"age\":24,\"tags\":[\"a\",\"b\"],\"ok\":true,\"gone\":null}}";

    static final Hostile.Target RANKS = target(bytes -> RANK.read(bytes), REQUEST);
    static final Hostile.Target BATCHES =
            target(bytes -> RANK.batch(JsonIn.of(bytes)), "{\"requests\":[" + REQUEST + "," + REQUEST + "]}");
    static final Hostile.Target POSTS = target(bytes -> EVENTS.json(JsonIn.of(bytes)), EVENT, "[" + EVENT + "]");
    static final Hostile.Target LINES = target(EVENTS::lines, EVENT + "\n" + EVENT + "\r\n\n");
    static final Hostile.Target CLOUDS = target(bytes -> EVENTS.cloudEvent(JsonIn.of(bytes)), CLOUD);
    static final Hostile.Target CLOUD_BATCHES =
            target(bytes -> EVENTS.cloudEvents(JsonIn.of(bytes)), "[" + CLOUD + "," + CLOUD + "]");
    static final Hostile.Target PROFILES =
            target(bytes -> ProfileReader.whole(JsonIn.of(bytes), Kind.USER), PROFILE.replace(",\"gone\":null", ""));
    static final Hostile.Target CHANGES = target(bytes -> ProfileReader.change(JsonIn.of(bytes), Kind.ITEM), PROFILE);

    private static Hostile.Target target(Hostile.Parser parser, String... seeds) {
        return Hostile.Target.of(
                parser, Stream.of(seeds).map(seed -> seed.getBytes(UTF_8)).toList(), ProblemException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyBodyIsReadOrRefusedAsAProblem(long seed) {
        for (Hostile.Target target : List.of(RANKS, BATCHES, POSTS, LINES, CLOUDS, CLOUD_BATCHES, PROFILES, CHANGES)) {
            Hostile.attack(target, seed, RUNS);
        }
    }
}
