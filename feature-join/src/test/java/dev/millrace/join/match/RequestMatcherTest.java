package dev.millrace.join.match;

import static dev.millrace.join.Events.LATENESS_MS;
import static dev.millrace.join.Events.WINDOW_MS;
import static dev.millrace.join.Events.action;
import static dev.millrace.join.Events.encoded;
import static dev.millrace.join.Events.impression;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.proto.Action;
import dev.millrace.join.Events;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestMatcherTest {
    private static final long SHOWN_MS = 10_000;
    private static final long WINDOW_END_MS = SHOWN_MS + WINDOW_MS;

    private final Recorder out = new Recorder();
    private RequestMatcher matcher = new RequestMatcher(List.of(Events.spec()), 3);
    private @Nullable MatchState state;

    private void show(String... items) {
        state = matcher.impression(state, encoded(impression(SHOWN_MS, items)), Long.MIN_VALUE, out);
    }

    private void act(Action action) {
        state = matcher.action(state, action, Long.MIN_VALUE, out);
    }

    private void act(String id, String type, String item, long timeMs) {
        act(action(id, type, item, timeMs));
    }

    private void advance(long timeMs) {
        state = matcher.advance(Objects.requireNonNull(state), timeMs, out);
    }

    private long timer() {
        return matcher.nextTimerMs(Objects.requireNonNull(state));
    }

    private void assertDecided(String... lines) {
        assertEquals(List.of(lines), out.take());
    }

    @Test
    void anActionSettlesItsItemAtOnceAndTheWindowsEndTheRest() {
        show("a", "b", "c");
        act("1", "like", "b", SHOWN_MS + 10);
        assertDecided("b=1.0@10010 by action");
        assertEquals(WINDOW_END_MS, timer());
        advance(WINDOW_END_MS);
        assertDecided("a=0.0@11000", "c=0.0@11000");
    }

    @Test
    void aNegativeActionSettlesTooAndTheFirstOneWins() {
        show("a");
        act("1", "dislike", "a", SHOWN_MS + 10);
        act("2", "like", "a", SHOWN_MS + 20);
        assertDecided("a=0.0@10010 by action", "DUPLICATE 2");
        advance(WINDOW_END_MS);
        assertDecided();
    }

    @Test
    void dropPolicyMakesNoNegatives() {
        matcher = new RequestMatcher(List.of(Events.droppingSpec()), 3);
        show("a", "b");
        act("1", "like", "a", SHOWN_MS);
        advance(WINDOW_END_MS);
        assertDecided("a=1.0@10000 by action");
    }

    @Test
    void nothingHappensBeforeItsTime() {
        show("a");
        advance(WINDOW_END_MS - 1);
        assertDecided();
        assertEquals(WINDOW_END_MS, timer());
    }

    @Test
    void bothEndsOfTheWindowCountAndSoDoesAClockThatIsBehind() {
        show("a", "b", "c", "d");
        act("1", "like", "a", SHOWN_MS);
        act("2", "like", "b", WINDOW_END_MS);
        act("3", "like", "c", SHOWN_MS - 40);
        assertDecided("a=1.0@10000 by action", "b=1.0@11000 by action", "c=1.0@9960 by action");
    }

    @Test
    void anActionAfterTheWindowByItsOwnTimeIsLateAndItsItemBecomesNegative() {
        show("a");
        act("1", "like", "a", WINDOW_END_MS + 1);
        assertDecided("LATE 1");
        advance(WINDOW_END_MS);
        assertDecided("a=0.0@11000");
    }

    @Test
    void anActionInsideTheWindowThatComesAfterItsEndIsLateUntilTheRequestIsForgotten() {
        show("a");
        advance(WINDOW_END_MS);
        act("1", "like", "a", SHOWN_MS + 10);
        assertDecided("a=0.0@11000", "LATE 1");
        assertEquals(WINDOW_END_MS + LATENESS_MS, timer());
        advance(timer());
        assertNull(state);
    }

    @Test
    void afterTheWindowDuplicatesOrphansAndIgnoredAreStillToldApart() {
        show("a", "b");
        act("1", "like", "a", SHOWN_MS + 10);
        advance(WINDOW_END_MS);
        out.take();
        act("1", "like", "a", SHOWN_MS + 10);
        act("2", "like", "z", SHOWN_MS + 20);
        act("3", "share", "a", SHOWN_MS + 30);
        assertDecided("DUPLICATE 1", "ORPHAN 2", "IGNORED 3");
    }

    @Test
    void anItemThatWasNotShownIsAnOrphanAndATypeWithoutLabelIsIgnored() {
        show("a");
        act("1", "like", "z", SHOWN_MS + 10);
        act("2", "share", "a", SHOWN_MS + 10);
        assertDecided("ORPHAN 1", "IGNORED 2");
        advance(WINDOW_END_MS);
        assertDecided("a=0.0@11000");
    }

    @Test
    void theSameActionAgainIsADuplicateWhateverItWas() {
        show("a");
        act("1", "share", "a", SHOWN_MS + 10);
        act("1", "share", "a", SHOWN_MS + 10);
        act("2", "like", "a", SHOWN_MS + 10);
        act("2", "like", "a", SHOWN_MS + 10);
        assertDecided("IGNORED 1", "DUPLICATE 1", "a=1.0@10010 by action", "DUPLICATE 2");
    }

    @Test
    void actionsBeforeTheirImpressionWaitAndAreJudgedInOrderWhenItComes() {
        matcher = new RequestMatcher(List.of(Events.spec()), 10);
        act("1", "like", "a", SHOWN_MS + 10);
        act("1", "like", "a", SHOWN_MS + 10);
        act("2", "dislike", "a", SHOWN_MS + 20);
        act("3", "like", "b", SHOWN_MS + 30);
        assertDecided();
        show("a", "b", "c");
        assertDecided("DUPLICATE 1", "DUPLICATE 2", "a=1.0@10010 by action", "b=1.0@10030 by action");
        advance(WINDOW_END_MS);
        assertDecided("c=0.0@11000");
    }

    @Test
    void actionsWithoutImpressionAreOrphansEachInItsTime() {
        act("1", "like", "a", 5_000);
        act("2", "like", "b", 5_300);
        assertEquals(5_000 + WINDOW_MS + LATENESS_MS, timer());
        advance(6_500);
        assertDecided("ORPHAN 1");
        assertEquals(6_800, timer());
        advance(6_800);
        assertDecided("ORPHAN 2");
        assertNull(state);
    }

    @Test
    void orphansAreCountedFromWhenTheEdgeAcceptedThemNotFromTheirClientsClock() {
        act(action("1", "like", "a", 1).toBuilder().setAcceptedMs(5_000).build());
        assertEquals(5_000 + WINDOW_MS + LATENESS_MS, timer());
    }

    @Test
    void moreWaitingActionsThanTheBoundAreTooManyAtOnce() {
        for (int i = 1; i <= 5; i++) {
            act("" + i, "like", "a", SHOWN_MS + i);
        }
        assertDecided("TOO_MANY 4", "TOO_MANY 5");
    }

    @Test
    void moreActionsThanAreRememberedAreTooMany() {
        show("a", "b", "c", "d");
        act("1", "like", "a", SHOWN_MS);
        act("2", "like", "b", SHOWN_MS);
        act("3", "like", "c", SHOWN_MS);
        out.take();
        act("4", "like", "d", SHOWN_MS);
        act("1", "like", "a", SHOWN_MS);
        assertDecided("TOO_MANY 4", "DUPLICATE 1");
        advance(WINDOW_END_MS);
        assertDecided("d=0.0@11000");
    }

    @Test
    void aSecondImpressionOfARequestIsDropped() {
        show("a");
        state = matcher.impression(state, encoded(impression(SHOWN_MS + 100, "a", "b")), Long.MIN_VALUE, out);
        assertDecided("REPEATED");
        advance(WINDOW_END_MS);
        assertDecided("a=0.0@11000");
        show("a");
        assertDecided("REPEATED");
    }

    @Test
    void anItemShownTwiceIsOneSample() {
        show("a", "b", "a");
        act("1", "like", "a", SHOWN_MS);
        advance(WINDOW_END_MS);
        assertDecided("a=1.0@10000 by action", "b=0.0@11000");
    }

    @Test
    void anUnknownModelIsRefusedAndAModelThatWasTakenAwayEndsQuietly() {
        show("a");
        matcher = new RequestMatcher(List.of(), 3);
        assertThrows(
                IllegalArgumentException.class,
                () -> matcher.impression(null, encoded(impression(1, "a")), Long.MIN_VALUE, out));
        act("1", "like", "a", SHOWN_MS);
        advance(WINDOW_END_MS);
        assertDecided("IGNORED 1");
        assertNull(state);
    }
}
