package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.HandClock;
import dev.millrace.api.MovieSpec;
import dev.millrace.api.trace.Status;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.DeadLetterReason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitorTest {
    private final Monitor monitor = new Monitor(
            List.of(MovieSpec.SPEC),
            new Monitor.Config(Duration.ofMinutes(1), Duration.ofSeconds(5), 2, 100, true),
            new HandClock(1_000_000));

    private static DeadLetter letter(String id, long acceptedMs, DeadLetterReason reason, long decidedMs) {
        return DeadLetter.newBuilder()
                .setAction(Action.newBuilder().setId(id).setAcceptedMs(acceptedMs))
                .setReason(reason)
                .setTimeMs(decidedMs)
                .build();
    }

    @Test
    void aLetterThatTheJoinSendsAgainCountsOnce() {
        monitor.deadLetter(letter("a", 1, DeadLetterReason.DEAD_LETTER_REASON_LATE, 5), true);
        monitor.deadLetter(letter("a", 1, DeadLetterReason.DEAD_LETTER_REASON_LATE, 9), true);
        assertEquals(1, monitor.outcome(Status.LATE));
        // Another copy of the action is another letter.
        monitor.deadLetter(letter("a", 2, DeadLetterReason.DEAD_LETTER_REASON_LATE, 9), true);
        monitor.deadLetter(letter("a", 2, DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE, 9), true);
        assertEquals(2, monitor.outcome(Status.LATE));
        assertEquals(1, monitor.outcome(Status.DUPLICATE));
    }

    @Test
    void aLetterFromBeforeTheStartThatComesAgainDoesNotCount() {
        monitor.deadLetter(letter("a", 1, DeadLetterReason.DEAD_LETTER_REASON_ORPHAN, 5), false);
        monitor.deadLetter(letter("a", 1, DeadLetterReason.DEAD_LETTER_REASON_ORPHAN, 5), true);
        assertEquals(0, monitor.outcome(Status.ORPHAN));
    }

    @Test
    void onlySoManyLettersAreKnown() {
        for (String id : new String[] {"a", "b", "c", "a"}) {
            monitor.deadLetter(letter(id, 1, DeadLetterReason.DEAD_LETTER_REASON_LATE, 5), true);
        }
        assertEquals(4, monitor.outcome(Status.LATE));
    }

    @Test
    void eachUnreadableRecordCounts() {
        DeadLetter unreadable = DeadLetter.newBuilder()
                .setReason(DeadLetterReason.DEAD_LETTER_REASON_UNREADABLE)
                .build();
        monitor.deadLetter(unreadable, true);
        monitor.deadLetter(unreadable, true);
        assertEquals(2, monitor.unreadable());
    }
}
