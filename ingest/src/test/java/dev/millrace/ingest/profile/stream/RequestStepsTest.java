package dev.millrace.ingest.profile.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.LiveRequest;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.proto.Value;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RequestStepsTest {
    private static final ModelSpec SPEC = SpecReader.parse("shop", """
            model: shop
            objective: logistic
            labels: {like: 1}
            rewardWindow: 1m
            slots: {item: {type: category, from: item.id}}
            realtime:
              liked: {last: [like], length: 3}
              likes: {count: [like], of: item, by: user.country, windows: [1h]}
            """);
    private static final LiveRequest NEW = LiveRequest.getDefaultInstance();

    private final LiveStats stats = new LiveStats();
    private final RequestSteps steps = new RequestSteps(new LiveFeatures(SPEC), SPEC.realtime(), 2, stats);

    private static Impression impression() {
        return Impression.newBuilder()
                .setUser("anna")
                .addNames("user.country")
                .setFeatures(Features.newBuilder()
                        .addNames(0)
                        .addValues(Value.newBuilder().setText("DE")))
                .addItems(ShownItem.newBuilder().setItem("a"))
                .addItems(ShownItem.newBuilder().setItem("b"))
                .build();
    }

    private static Action like(String id, String item) {
        return Action.newBuilder().setId(id).setType("like").setItem(item).build();
    }

    private LiveRequest made(RequestSteps.Step step) {
        return Objects.requireNonNull(step.state());
    }

    @Test
    void anActionHappensToThePersonAndToTheItemInTheirSegment() {
        LiveRequest shown = made(steps.impression(NEW, impression(), 5, 100));
        RequestSteps.Step step = steps.action(shown, like("e1", "a"), 6, 110);
        assertEquals(2, step.entities().size());
        step.entities()
                .values()
                .forEach(entity -> assertEquals(110, entity.getEvents(0).getTimeMs()));
    }

    @Test
    void theSameOffsetAgainHasTheSameOutcomeAndChangesNothing() {
        LiveRequest shown = made(steps.impression(NEW, impression(), 5, 100));
        RequestSteps.Step first = steps.action(shown, like("e1", "a"), 6, 110);
        RequestSteps.Step again = steps.action(made(first), like("e1", "a"), 6, 110);
        assertNull(again.state());
        assertEquals(first.entities().keySet(), again.entities().keySet());
        assertEquals(RequestSteps.Step.NOTHING, steps.action(made(first), like("e1", "a"), 7, 120), "a repetition");
        assertEquals(RequestSteps.Step.NOTHING, steps.impression(made(first), impression(), 9, 120), "a retry");
        assertEquals(2, stats.repeated());
    }

    @Test
    void whatWaitedComesWithTheImpressionAndNeverByItself() {
        LiveRequest waiting = made(steps.action(NEW, like("e1", "a"), 3, 90));
        RequestSteps.Step step = steps.impression(waiting, impression(), 5, 100);
        assertEquals(2, step.entities().size());
        RequestSteps.Step again = steps.action(made(step), like("e1", "a"), 3, 90);
        assertEquals(RequestSteps.Step.NOTHING, again, "read again after a fault");
        assertEquals(
                step.entities().keySet(),
                steps.impression(made(step), impression(), 5, 100).entities().keySet());
        assertEquals(0, stats.repeated());
    }

    @Test
    void whatWaitsAndWhatIsRememberedIsBounded() {
        LiveRequest waiting = NEW;
        for (int i = 0; i < 5; i++) {
            RequestSteps.Step step = steps.action(waiting, like("w" + i, "a"), i, 90);
            waiting = step.state() == null ? waiting : step.state();
        }
        assertEquals(2, waiting.getWaitingCount());
        LiveRequest shown = made(steps.impression(NEW, impression(), 5, 100));
        for (int i = 0; i < 5; i++) {
            RequestSteps.Step step = steps.action(shown, like("e" + i, "b"), i, 90);
            shown = step.state() == null ? shown : step.state();
        }
        assertEquals(2, shown.getSeenCount());
        assertEquals(6, stats.unmatched());
    }

    static LiveRequest fixture(RequestSteps steps) {
        LiveRequest waiting =
                Objects.requireNonNull(steps.action(NEW, like("e1", "a"), 3, 90).state());
        LiveRequest shown = Objects.requireNonNull(
                steps.impression(waiting, impression(), 5, 100).state());
        return Objects.requireNonNull(
                steps.action(shown, like("e2", "b"), 6, 110).state());
    }

    /** Stored state is read for good. */
    @Test
    void theCommittedStateIsStillRead() throws IOException {
        try (InputStream file = getClass().getResourceAsStream("live-request-v1.bin")) {
            byte[] fossil = Objects.requireNonNull(file).readAllBytes();
            assertEquals(fixture(steps), LiveRequest.parseFrom(fossil));
            assertArrayEquals(fossil, fixture(steps).toByteArray());
        }
    }
}
