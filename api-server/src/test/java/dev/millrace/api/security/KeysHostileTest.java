package dev.millrace.api.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.ingest.hostile.Hostile;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines of the file of keys, given {@link Hostile} bytes. */
class KeysHostileTest {
    private static final KeyTerms TERMS =
            new KeyTerms("shop web", Set.of(Scope.EVENTS_WRITE), Set.of("https://shop.example"), 5.0);

    static final Hostile.Target KEYS = Hostile.Target.of(
            bytes -> StoredKey.parse(new String(bytes, UTF_8)),
            List.of(StoredKey.of("0123456789ab", "secret", TERMS, 1_700_000_000_000L, new Random(1))
                    .line()
                    .getBytes(UTF_8)),
            IllegalArgumentException.class);

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyLineIsReadOrRefused(long seed) {
        Hostile.attack(KEYS, seed, 10_000);
    }
}
