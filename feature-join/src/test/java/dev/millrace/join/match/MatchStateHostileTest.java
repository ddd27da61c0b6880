package dev.millrace.join.match;

import dev.millrace.ingest.hostile.Hostile;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The join's state of a request, of both versions, given {@link Hostile} bytes. */
class MatchStateHostileTest {
    static final Hostile.Target MATCHES = Hostile.Target.of(
            new MatchStateCodec(RequestMatcher.MAX_ACTIONS)::decode, fossils(), IllegalArgumentException.class);

    private static List<byte[]> fossils() {
        return Stream.of("v1-closed", "v1-open", "v1-waiting", "v2-closed", "v2-open", "v2-waiting")
                .map(name -> Hostile.fossil(MatchStateHostileTest.class, "match-state-" + name + ".bin"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyStateIsReadOrRefused(long seed) {
        Hostile.attack(MATCHES, seed, 5_000);
    }
}
