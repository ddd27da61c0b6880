package dev.millrace.join.flink;

import static dev.millrace.join.Events.action;
import static dev.millrace.join.Events.impression;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.ingest.id.SampleIds;
import dev.millrace.join.Events;
import dev.millrace.join.match.RequestMatcher;
import dev.millrace.join.vector.Sample;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MatchFunctionTest {
    private KeyedOneInputStreamOperatorTestHarness<String, LogEvent, Sample> harness = harness();

    private static KeyedOneInputStreamOperatorTestHarness<String, LogEvent, Sample> harness() {
        try {
            MatchFunction function = new MatchFunction(new SpecTexts(List.of(Events.YAML)), RequestMatcher.MAX_ACTIONS);
            return new KeyedOneInputStreamOperatorTestHarness<>(
                    new KeyedProcessOperator<>(function), LogEvent::requestId, Types.STRING);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void open() throws Exception {
        harness.setup(Wires.SAMPLE.createSerializer(new SerializerConfigImpl()));
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private void read(LogEvent event) throws Exception {
        harness.processElement(event, event.timeMs());
    }

    private void eventTime(long timeMs) throws Exception {
        harness.processWatermark(new Watermark(timeMs));
    }

    /** {@code label@time} of each sample so far. */
    private List<String> samples() {
        return harness.extractOutputValues().stream()
                .map(s -> s.meta().label() + "@" + s.meta().eventTimeMs())
                .toList();
    }

    private List<String> deadLetters() {
        var letters = harness.getSideOutput(DeadLetters.TAG);
        return letters == null
                ? List.of()
                : letters.stream().map(r -> LogEvents.describe(r.getValue())).toList();
    }

    private void restart() throws Exception {
        OperatorSubtaskState snapshot = harness.snapshot(1, 1);
        harness.close();
        harness = harness();
        harness.setup(Wires.SAMPLE.createSerializer(new SerializerConfigImpl()));
        harness.initializeState(snapshot);
        harness.open();
    }

    @Test
    void labelsLeaveAtOnceAndNegativesWhenEventTimePassesTheWindow() throws Exception {
        read(LogEvents.of(impression(10_000, "a", "b")));
        read(LogEvents.of(action("1", "like", "a", 10_100)));
        assertEquals(List.of("1.0@10100"), samples());
        eventTime(10_999);
        assertEquals(1, samples().size());
        eventTime(11_000);
        assertEquals(List.of("1.0@10100", "0.0@11000"), samples());
    }

    @Test
    void nothingIsLeftWhenLatenessIsOver() throws Exception {
        read(LogEvents.of(impression(10_000, "a")));
        eventTime(11_000);
        assertNotEquals(0, harness.numKeyedStateEntries());
        eventTime(11_500);
        assertEquals(0, harness.numKeyedStateEntries());
        assertEquals(0, harness.numEventTimeTimers());
    }

    @Test
    void aRestartInTheMiddleOfAWindowLosesNothing() throws Exception {
        read(LogEvents.of(impression(10_000, "a", "b", "c")));
        read(LogEvents.of(action("1", "like", "a", 10_100)));
        restart();
        read(LogEvents.of(action("1", "like", "a", 10_100)));
        read(LogEvents.of(action("2", "like", "b", 10_200)));
        eventTime(11_000);
        assertEquals(List.of("1.0@10200", "0.0@11000"), samples());
        assertEquals(List.of("DUPLICATE 1"), deadLetters());
    }

    @Test
    void waitingActionsSurviveARestartUntilTheirImpressionComes() throws Exception {
        read(LogEvents.of(action("1", "like", "a", 10_100)));
        restart();
        read(LogEvents.of(impression(10_000, "a")));
        assertEquals(List.of("1.0@10100"), samples());
    }

    @Test
    void actionsThatMakeNoLabelBecomeDeadLetters() throws Exception {
        read(LogEvents.of(action("0", "like", "a", 5_000)));
        eventTime(6_500);
        read(LogEvents.of(impression(10_000, "a")));
        read(LogEvents.of(action("1", "share", "a", 10_100)));
        read(LogEvents.of(action("2", "like", "z", 10_100)));
        read(LogEvents.of(action("3", "like", "a", 10_100)));
        read(LogEvents.of(action("4", "like", "a", 10_100)));
        eventTime(11_000);
        read(LogEvents.of(action("5", "like", "a", 10_100)));
        assertEquals(List.of("ORPHAN 0", "IGNORED 1", "ORPHAN 2", "DUPLICATE 4", "LATE 5"), deadLetters());
        assertEquals(List.of("1.0@10100"), samples());
    }

    @Test
    void anImpressionBehindEventTimeStillMakesItsSamples() throws Exception {
        eventTime(20_000);
        read(LogEvents.of(impression(10_000, "a", "b")));
        read(LogEvents.of(action("1", "like", "a", 10_100)));
        eventTime(20_999);
        assertEquals(List.of("1.0@10100"), samples(), "it stays open for as long as another one");
        eventTime(21_000);
        assertEquals(List.of("1.0@10100", "0.0@11000"), samples());
    }

    @Test
    void requestsDoNotTouchEachOther() throws Exception {
        read(LogEvents.of(impression(10_000, "a")));
        read(LogEvents.of(impression(10_000, "a").toBuilder().setRequestId("q").build()));
        read(LogEvents.of(action("1", "like", "a", 10_100)));
        eventTime(11_000);
        assertEquals(
                List.of(SampleIds.of("m", "r", "a", 0), SampleIds.of("m", "q", "a", 0)),
                harness.extractOutputValues().stream()
                        .map(s -> s.meta().sampleId())
                        .toList());
        assertEquals(List.of("1.0@10100", "0.0@11000"), samples());
    }
}
