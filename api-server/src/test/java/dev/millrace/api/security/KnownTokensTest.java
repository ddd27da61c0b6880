package dev.millrace.api.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.HandClock;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownTokensTest {
    private static final Caller EVE = new Caller("token eve", Set.of(Scope.RANK), Set.of(), null);

    private final HandClock clock = new HandClock(1_000_000);
    private final KnownTokens tokens = new KnownTokens(3, clock);

    @Test
    void aTokenIsKnownUntilItExpires() {
        assertEquals(Optional.empty(), tokens.find("t"));
        tokens.keep("t", EVE, clock.millis() + 1_000);
        clock.advance(999);
        assertEquals(Optional.of(EVE), tokens.find("t"));
        assertEquals(Optional.empty(), tokens.find("t2"), "another one");
        clock.advance(1);
        assertEquals(Optional.empty(), tokens.find("t"));
        assertEquals(0, tokens.size());
    }

    /** A key that was withdrawn is asked for again by then. */
    @Test
    void noLongerThanKeysAreKept() {
        tokens.keep("t", EVE, clock.millis() + 86_400_000);
        clock.advance(KnownTokens.LONGEST.toMillis() - 1);
        assertEquals(Optional.of(EVE), tokens.find("t"));
        clock.advance(1);
        assertEquals(Optional.empty(), tokens.find("t"));
    }

    @Test
    void theOneAskedForLongestAgoGoesFirst() {
        for (String token : new String[] {"a", "b", "c"}) {
            tokens.keep(token, EVE, clock.millis() + 60_000);
        }
        assertEquals(Optional.of(EVE), tokens.find("a"));
        tokens.keep("d", EVE, clock.millis() + 60_000);
        assertEquals(3, tokens.size());
        assertEquals(Optional.empty(), tokens.find("b"));
        assertEquals(Optional.of(EVE), tokens.find("a"));
    }
}
