package dev.millrace.api.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class TailPositionsTest {
    private static final TopicPartition A = new TopicPartition("t", 0);
    private static final TopicPartition B = new TopicPartition("t", 1);

    private final TailPositions positions = new TailPositions();

    @Test
    void whatIsLiveStaysSoWhenTheEndIsToldAgain() {
        positions.end(A, 10);
        positions.end(A, 20);
        assertFalse(positions.live(A, 9));
        assertTrue(positions.live(A, 10));
    }

    @Test
    void readingGoesOnWhereItEnded() {
        assertTrue(positions.next(A).isEmpty());
        positions.goOn(A, 7);
        assertEquals(7, positions.next(A).orElseThrow());
        assertTrue(positions.next(B).isEmpty());
    }

    @Test
    void whoStandsStillOverSeveralFailuresIsASuspect() {
        positions.goOn(A, 7);
        positions.goOn(B, 1);
        assertEquals(List.of(), positions.failed(3));
        positions.goOn(B, 2);
        assertEquals(List.of(), positions.failed(3));
        positions.goOn(B, 3);
        assertEquals(List.of(A), positions.failed(3));
        positions.goOn(A, 8);
        assertEquals(List.of(), positions.failed(3));
    }
}
