package dev.millrace.join.match;

import static dev.millrace.join.Events.action;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.join.Events;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Amounts, aggregates, undo, immediate negatives, late corrections and several models, one example each. */
class LabelsTest {
    private static final long SHOWN_MS = 10_000;
    private static final long END_MS = SHOWN_MS + Events.WINDOW_MS;
    private static final String LABELS =
            "labels: {click: 1, buy: 5, skip: -3, watch: {perUnit: 0.25, atMost: 5}, unclick: {undoes: click}}";

    private final Recorder out = new Recorder();
    private RequestMatcher matcher = new RequestMatcher(List.of(), 100);
    private @Nullable MatchState state;

    private static ModelSpec spec(String labels, String aggregate, String policies) {
        return spec("m", labels, aggregate, policies);
    }

    private static ModelSpec spec(String model, String labels, String aggregate, String policies) {
        return SpecReader.parse("test", """
            model: %s
            learnsFrom: m
            objective: logistic
            %s
            aggregate: %s
            rewardWindow: 1s
            slots: {item: {type: category, from: item.id}}
            policies: {lateness: 500ms, %s}
            """.formatted(model, labels, aggregate, policies));
    }

    private void show(List<ModelSpec> specs, String... items) {
        matcher = new RequestMatcher(specs, 100);
        state = matcher.impression(null, Events.encoded(Events.impression(SHOWN_MS, items)), Long.MIN_VALUE, out);
    }

    private void act(String id, String type, String item, long timeMs) {
        state = matcher.action(state, action(id, type, item, timeMs), Long.MIN_VALUE, out);
    }

    private void value(String id, double value, long timeMs) {
        var watch = action(id, "watch", "a", timeMs).toBuilder().setValue(value).build();
        state = matcher.action(state, watch, Long.MIN_VALUE, out);
    }

    private void advance(long timeMs) {
        state = matcher.advance(Objects.requireNonNull(state), timeMs, out);
    }

    private void assertDecided(String... lines) {
        assertEquals(Arrays.asList(lines), out.take());
    }

    @Test
    void aMaximumThatCannotGrowIsSentAtOnceOthersAtTheWindowsEnd() {
        show(List.of(spec("labels: {click: 1, buy: 5}", "max", "absence: negative")), "a", "b", "c");
        act("1", "click", "a", SHOWN_MS + 1);
        act("2", "click", "b", SHOWN_MS + 2);
        assertDecided();
        act("3", "buy", "a", SHOWN_MS + 3);
        assertDecided("a=1.0*5.0@10003 by action");
        act("4", "buy", "a", SHOWN_MS + 4);
        assertDecided("DUPLICATE 4");
        advance(END_MS);
        assertDecided("b=1.0@10002 by action", "c=0.0@11000");
        assertEquals(List.of("1", "2", "3"), out.takeCounted());
    }

    @Test
    void aSumCountsEachActionAndValuesAreBounded() {
        show(List.of(spec(LABELS, "sum", "absence: negative")), "a", "b");
        value("1", 2, SHOWN_MS + 1);
        value("2", 1_000, SHOWN_MS + 2);
        act("3", "skip", "a", SHOWN_MS + 3);
        act("4", "skip", "b", SHOWN_MS + 4);
        advance(END_MS);
        // 0.5 + 5 − 3; a negative of three.
        assertDecided("a=1.0*2.5@10003 by action", "b=0.0*3.0@10004 by action");
    }

    @Test
    void anUnlikeTakesTheLatestLikeBackAndNothingElse() {
        show(List.of(spec(LABELS, "sum", "absence: negative")), "a", "b");
        act("1", "unclick", "a", SHOWN_MS + 1);
        assertDecided("UNDO_WITHOUT 1");
        act("2", "click", "a", SHOWN_MS + 2);
        act("3", "click", "b", SHOWN_MS + 3);
        act("4", "unclick", "a", SHOWN_MS + 4);
        advance(END_MS);
        assertDecided("a=0.0@11000", "b=1.0@10003 by action");
    }

    @Test
    void aFirstLabelIsOutAndAnUnlikeComesTooLate() {
        show(List.of(spec(LABELS, "first", "absence: negative")), "a");
        act("1", "click", "a", SHOWN_MS + 1);
        act("2", "unclick", "a", SHOWN_MS + 2);
        assertDecided("a=1.0@10001 by action", "UNDO_WITHOUT 2");
    }

    @Test
    void immediateNegativesAreFollowedByTheirPositivesAndTakenBackByUndo() {
        String labels = "labels: {click: 1, like: 0.5, unclick: {undoes: click}}";
        show(List.of(spec(labels, "max", "delay: immediate")), "a", "b");
        assertDecided("a=0.0@10000", "b=0.0@10000");
        act("1", "like", "a", SHOWN_MS + 1);
        act("2", "click", "a", SHOWN_MS + 2);
        act("3", "unclick", "a", SHOWN_MS + 3);
        assertDecided("a=1.0*0.5@10001 r1 by action", "a=1.0*0.5@10002 r2 by action", "a=1.0*-0.5@10003 r3 by action");
        advance(END_MS);
        assertDecided();
    }

    @Test
    void aLateActionCorrectsWhatWentOut() {
        show(List.of(spec(LABELS, "max", "late: correct")), "a", "b");
        act("1", "click", "b", SHOWN_MS + 1);
        // Stamped behind the window, before event time has closed it.
        act("2", "buy", "b", END_MS + 1);
        assertDecided();
        advance(END_MS);
        assertDecided("a=0.0@11000", "b=1.0@10001 by action", "b=1.0*-1.0@11001 r1", "b=1.0*5.0@11001 r2 by action");
        act("3", "click", "a", END_MS + 400);
        assertDecided("a=0.0*-1.0@11400 r1", "a=1.0@11400 r2 by action");
        act("4", "click", "a", END_MS + 501);
        assertDecided();
        advance(END_MS + 500);
        advance(END_MS + 501 + 1_500);
        assertDecided("ORPHAN 4");
        assertNull(state);
    }

    @Test
    void eachModelOfOneImpressionHasItsOwnLabels() {
        show(
                List.of(
                        spec("labels: {click: 1}", "first", "absence: drop"),
                        spec("value", "labels: {buy: 1}", "first", "absence: negative")),
                "a");
        act("1", "click", "a", SHOWN_MS + 1);
        act("2", "buy", "a", SHOWN_MS + 2);
        act("3", "share", "a", SHOWN_MS + 3);
        act("4", "buy", "a", SHOWN_MS + 4);
        assertDecided("a=1.0@10001 by action", "value:a=1.0@10002 by action", "IGNORED 3", "DUPLICATE 4");
        assertEquals(List.of("1", "2"), out.takeCounted());
    }

    @Test
    void sampledNegativesAreTheSameOnesEachTime() {
        String[] items = new String[200];
        Arrays.setAll(items, i -> "i" + i);
        ModelSpec half = spec("labels: {click: 1, like: 0.5}", "first", "keepNegatives: 0.5");
        show(List.of(half), items);
        act("1", "like", "i0", SHOWN_MS + 1);
        // 0.5 keeps its positive half whole and its negative half at the rate: 0.5 / 0.75.
        assertDecided("i0=0.6666667*0.75@10001 by action");
        advance(END_MS);
        List<String> kept = out.take();
        assertEquals(100, kept.size(), 25);
        show(List.of(half), items);
        act("1", "like", "i0", SHOWN_MS + 1);
        out.take();
        advance(END_MS);
        assertEquals(kept, out.take());
    }
}
