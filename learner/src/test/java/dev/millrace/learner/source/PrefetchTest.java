package dev.millrace.learner.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrefetchTest {
    private static final int AHEAD = 3;

    @Test
    void blocksComeInTheirOrderAndABoundedNumberAhead() throws InterruptedException {
        AtomicInteger decoded = new AtomicInteger();
        List<Integer> blocks = IntStream.range(0, 100).boxed().toList();
        try (var ahead = new Prefetch<>(blocks.iterator(), i -> i + decoded.incrementAndGet(), AHEAD)) {
            for (int i = 0; i < 100; i++) {
                assertEquals(2 * i + 1, ahead.next());
                // In the queue, in the thread's hand, and the one that was taken.
                assertTrue(decoded.get() <= i + AHEAD + 2, decoded + " at " + i);
            }
            assertNull(ahead.next());
        }
    }

    @Test
    void whatFailsWhileReadingIsThrownWhereItIsNeeded() throws InterruptedException {
        var blocks = List.of("1", "no number").iterator();
        try (var ahead = new Prefetch<>(blocks, Integer::parseInt, AHEAD)) {
            assertEquals(1, ahead.next());
            assertThrows(IllegalStateException.class, ahead::next);
        }
    }
}
