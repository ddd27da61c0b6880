package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.Events;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SortFunctionTest {
    private final OneInputStreamOperatorTestHarness<LogEvent, LogEvent> harness = harness();

    private static OneInputStreamOperatorTestHarness<LogEvent, LogEvent> harness() {
        try {
            SpecTexts specs = new SpecTexts(List.of(Events.YAML));
            return new OneInputStreamOperatorTestHarness<>(new ProcessOperator<>(new SortFunction(specs)));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void open() throws Exception {
        harness.setup(Wires.LOG_EVENT.createSerializer(new SerializerConfigImpl()));
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private List<String> deadLetters() {
        var letters = harness.getSideOutput(DeadLetters.TAG);
        return letters == null
                ? List.of()
                : letters.stream().map(r -> LogEvents.describe(r.getValue())).toList();
    }

    @Test
    void impressionsAndActionsPassAndHeartbeatsStop() throws Exception {
        LogEvent impression = LogEvents.of(Events.impression(10, "a"));
        LogEvent action = LogEvents.of(Events.action("1", "like", "a", 11));
        for (LogEvent event : List.of(impression, LogEvents.heartbeat(12), action)) {
            harness.processElement(event, event.timeMs());
        }
        assertEquals(List.of(impression, action), harness.extractOutputValues());
        assertEquals(List.of(), deadLetters());
    }

    @Test
    void unreadableRecordsAndUnknownModelsBecomeDeadLettersOfBoundedSize() throws Exception {
        LogEvent unknown = LogEvents.of(
                Events.impression(10, "a").toBuilder().setModel("other").build());
        for (LogEvent event : Stream.of(3, 9 << 20)
                .map(size -> new LogEvent.Unreadable(new byte[size]))
                .toList()) {
            harness.processElement(event, 0);
        }
        assertEquals(List.of("UNREADABLE 3", "UNREADABLE " + (8 << 20)), deadLetters());
        harness.processElement(unknown, 10);
        assertEquals(3, deadLetters().size());
        // As it stood on the log, so that it can be played again.
        byte[] letter = List.copyOf(harness.getSideOutput(DeadLetters.TAG))
                .get(2)
                .getValue()
                .value();
        assertEquals(
                "other",
                Envelope.parseFrom(DeadLetter.parseFrom(letter).getRaw())
                        .getImpression()
                        .getModel());
        assertEquals(
                Topics.DEAD_LETTERS,
                harness.getSideOutput(DeadLetters.TAG).element().getValue().topic());
        assertEquals(List.of(), harness.extractOutputValues());
    }
}
