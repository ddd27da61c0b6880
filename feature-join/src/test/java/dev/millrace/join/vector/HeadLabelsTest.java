package dev.millrace.join.vector;

import static dev.millrace.join.Events.action;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.join.Events;
import dev.millrace.join.match.Label;
import dev.millrace.join.match.MatchOutput;
import dev.millrace.join.match.MatchState;
import dev.millrace.join.match.RequestMatcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Samples of a model with heads: each head's label goes out when it is known, absences of several are one sample. */
class HeadLabelsTest {
    private static final long SHOWN_MS = 10_000;
    private static final long END_MS = SHOWN_MS + Events.WINDOW_MS;
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            model: m
            rewardWindow: 1s
            slots: {item: {type: category, from: item.id}}
            network: {type: widedeep, dim: 2, hidden: [2]}
            heads:
              click: {labels: {click: 1}}
              like: {labels: {like: 1, click: 0}, aggregate: max}
              watch: {objective: squared, labels: {watch: {perUnit: 1, atMost: 9}}, aggregate: sum, absence: drop}
            """);

    private final List<String> counted = new ArrayList<>();
    private final List<String> samples = new ArrayList<>();
    private final Set<Long> ids = new HashSet<>();
    private final SampleVectors vectors = new SampleVectors(SPEC);
    private final RequestMatcher matcher = new RequestMatcher(List.of(SPEC), 100);
    private @Nullable MatchState state;

    private final MatchOutput sampled = new MatchOutput() {
        @Override
        public void labels(EncodedImpression impression, String model, List<Label> labels) {
            vectors.samples(impression, labels, HeadLabelsTest.this::record);
        }

        @Override
        public void counted(dev.millrace.ingest.proto.Action action) {
            counted.add(action.getId());
        }

        @Override
        public void rejected(
                dev.millrace.ingest.proto.Action action, String model, dev.millrace.ingest.proto.DeadLetterReason r) {
            throw new AssertionError(action.getId() + " is rejected: " + r);
        }

        @Override
        public void repeated(EncodedImpression impression) {
            throw new AssertionError("no impression comes twice");
        }
    };

    /** {@code click=1 like=- watch=- scores}: a minus where the sample says nothing of the head. */
    private void record(Sample sample) {
        assertEquals(true, ids.add(sample.meta().sampleId()), "ids differ");
        float[] more = sample.meta().more();
        samples.add("click=" + part(sample.meta().label(), sample.meta().weight())
                + " like=" + part(more[0], more[1])
                + " watch=" + part(more[3], more[4])
                + String.format(
                        Locale.ROOT, " served %.2f %.2f %.2f", sample.meta().servedScore(), more[2], more[5]));
    }

    private static String part(float label, float weight) {
        return weight == 0 ? "-" : String.valueOf(label);
    }

    private void show(String item) {
        Impression.Builder impression = Events.impression(SHOWN_MS, item).toBuilder();
        impression
                .getItemsBuilder(0)
                .setScore(0.9f)
                .addHeadScores(0.1f)
                .addHeadScores(0.2f)
                .addHeadScores(3f);
        state = matcher.impression(state, Events.encoded(impression.build()), Long.MIN_VALUE, sampled);
    }

    private void act(String id, String type, double value, long timeMs) {
        var action = action(id, type, "a", timeMs).toBuilder().setValue(value).build();
        state = matcher.action(state, action, Long.MIN_VALUE, sampled);
    }

    private void end() {
        state = matcher.advance(Objects.requireNonNull(state), END_MS, sampled);
        while (state != null) {
            state = matcher.advance(state, matcher.nextTimerMs(state), sampled);
        }
        assertNull(state);
    }

    @Test
    void absencesOfSeveralHeadsAreOneSample() {
        show("a");
        end();
        assertEquals(List.of("click=0.0 like=0.0 watch=- served 0.10 0.20 3.00"), samples);
    }

    @Test
    void anActionIsALabelOfEachHeadThatKnowsIt() {
        show("a");
        act("1", "click", 1, SHOWN_MS + 1);
        assertEquals(List.of("click=1.0 like=- watch=- served 0.10 0.20 3.00"), samples);
        act("2", "watch", 4, SHOWN_MS + 2);
        act("3", "watch", 2.5, SHOWN_MS + 3);
        act("4", "like", 1, SHOWN_MS + 4);
        assertEquals("click=- like=1.0 watch=- served 0.10 0.20 3.00", samples.get(1));
        end();
        assertEquals(List.of("click=- like=- watch=6.5 served 0.10 0.20 3.00"), samples.subList(2, samples.size()));
        assertEquals(List.of("1", "2", "3", "4"), counted);
    }

    /** In whatever order the log's partitions are read. */
    @Test
    void actionsBeforeTheirImpressionMakeTheSameSamples() {
        act("1", "click", 1, SHOWN_MS + 1);
        act("4", "like", 1, SHOWN_MS + 4);
        show("a");
        end();
        assertEquals(
                List.of(
                        "click=1.0 like=- watch=- served 0.10 0.20 3.00",
                        "click=- like=1.0 watch=- served 0.10 0.20 3.00"),
                samples);
    }

    @Test
    void whatAHeadIsNotToldIsNegativeForItAlone() {
        show("a");
        act("1", "click", 1, SHOWN_MS + 1);
        end();
        assertEquals(
                List.of(
                        "click=1.0 like=- watch=- served 0.10 0.20 3.00",
                        "click=- like=0.0 watch=- served 0.10 0.20 3.00"),
                samples);
    }
}
