package dev.millrace.join.match;

import static dev.millrace.join.Events.action;
import static dev.millrace.join.Events.encoded;
import static dev.millrace.join.Events.impression;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.join.Events;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MatchStateCodecTest {
    private final RequestMatcher matcher = new RequestMatcher(List.of(Events.spec()), 100);
    private final MatchStateCodec codec = new MatchStateCodec(100);
    private final Recorder out = new Recorder();

    /** The states of the committed fixtures. */
    private MatchState fixture(String kind) {
        if (kind.equals("waiting")) {
            MatchState one = matcher.action(null, action("1", "like", "a", 10_010), Long.MIN_VALUE, out);
            return matcher.action(one, action("2", "share", "b", 10_020), Long.MIN_VALUE, out);
        }
        MatchState open = matcher.impression(null, encoded(impression(10_000, "a", "b", "c")), Long.MIN_VALUE, out);
        open = matcher.action(open, action("1", "like", "b", 10_010), Long.MIN_VALUE, out);
        open = matcher.action(open, action("2", "share", "a", 10_020), Long.MIN_VALUE, out);
        return kind.equals("open") ? open : Objects.requireNonNull(matcher.advance(open, 11_000, out));
    }

    @ParameterizedTest
    @ValueSource(strings = {"waiting", "open", "closed"})
    void readsAndWritesTheCommittedFixtureOfVersion2(String kind) throws IOException {
        byte[] fossil = fossil("match-state-v2-" + kind + ".bin");
        assertArrayEquals(fossil, codec.encode(fixture(kind)));
        assertArrayEquals(fossil, codec.encode(codec.decode(fossil)));
    }

    private byte[] fossil(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream(name), name)) {
            return file.readAllBytes();
        }
    }

    /** Of version 1, on which the present version goes on as it would with its own. */
    @ParameterizedTest
    @ValueSource(strings = {"waiting", "open", "closed"})
    void aStateOfVersion1GoesOnAsItsOwn(String kind) throws IOException {
        assertEquals(goOn(fixture(kind)), goOn(codec.decode(fossil("match-state-v1-" + kind + ".bin"))));
    }

    private List<String> goOn(MatchState state) {
        out.take();
        MatchState next = state;
        if (state.shown() == null) {
            next = matcher.impression(state, encoded(impression(10_000, "a", "b", "c")), 10_000, out);
        }
        next = matcher.action(next, action("2", "like", "a", 10_030), 10_000, out);
        next = matcher.action(next, action("3", "dislike", "b", 10_030), 10_000, out);
        next = matcher.action(next, action("4", "like", "c", 11_200), 10_000, out);
        next = Objects.requireNonNull(matcher.advance(next, 11_000, out));
        next = matcher.action(next, action("5", "like", "c", 11_300), 11_000, out);
        assertNull(matcher.advance(next, 11_500, out));
        return out.take();
    }

    @Test
    void aStateThatWentThroughBytesBehavesAsBefore() {
        MatchState read = codec.decode(codec.encode(fixture("open")));
        out.take();
        matcher.action(read, action("2", "share", "a", 10_020), Long.MIN_VALUE, out);
        matcher.action(read, action("3", "like", "b", 10_030), Long.MIN_VALUE, out);
        matcher.advance(read, 11_000, out);
        assertEquals(List.of("DUPLICATE 2", "DUPLICATE 3", "a=0.0@11000", "c=0.0@11000"), out.take());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aRestartAfterEveryEventChangesNoDecision(long seed) {
        assertEquals(play(seed, false), play(seed, true), "seed " + seed);
    }

    private List<String> play(long seed, boolean restarts) {
        Random random = new Random(seed);
        List<String> decisions = new ArrayList<>();
        MatchState state = null;
        for (long timeMs = 10_000; timeMs < 14_000; timeMs += 1 + random.nextInt(60)) {
            state = step(state, random, timeMs);
            decisions.addAll(out.take());
            if (restarts && state != null) {
                state = codec.decode(codec.encode(state));
            }
        }
        return decisions;
    }

    private @Nullable MatchState step(@Nullable MatchState state, Random random, long timeMs) {
        if (random.nextInt(12) == 0) {
            return matcher.impression(state, encoded(impression(timeMs, "a", "b", "c", "d")), Long.MIN_VALUE, out);
        }
        if (state != null && random.nextInt(3) == 0) {
            return matcher.advance(state, timeMs, out);
        }
        String type = List.of("like", "dislike", "share").get(random.nextInt(3));
        String item = "" + (char) ('a' + random.nextInt(5));
        return matcher.action(
                state, action("" + random.nextInt(30), type, item, timeMs - random.nextInt(200)), Long.MIN_VALUE, out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"waiting", "open", "closed"})
    void damagedBytesAreRefused(String kind) {
        byte[] bytes = codec.encode(fixture(kind));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IllegalArgumentException.class, () -> codec.decode(cut), "length " + length);
        }
        byte[] newer = bytes.clone();
        newer[0] = 3;
        assertThrows(IllegalArgumentException.class, () -> codec.decode(newer));
        byte[] strange = bytes.clone();
        strange[1] = 9;
        assertThrows(IllegalArgumentException.class, () -> codec.decode(strange));
    }
}
