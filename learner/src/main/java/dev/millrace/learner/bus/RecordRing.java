package dev.millrace.learner.bus;

import java.util.Map;
import java.util.TreeMap;

/** The latest records of the samples, by their number: where they stand, and when the join emitted them. One thread. */
final class RecordRing {
    private static final int SIZE = 1 << 16;

    private final int[] partitions = new int[SIZE];
    private final long[] offsets = new long[SIZE];
    private final long[] joinedMs = new long[SIZE];
    private long next;

    /** @return its number, counting from 0 */
    long add(int partition, long offset, long joined) {
        int at = (int) (next % SIZE);
        partitions[at] = partition;
        offsets[at] = offset;
        joinedMs[at] = joined;
        return next++;
    }

    /** Emission of a record; of the oldest known one, where it is forgotten. */
    long joinedMs(long number) {
        return joinedMs[(int) (known(number) % SIZE)];
    }

    private long known(long number) {
        return Math.clamp(number, Math.max(0, next - SIZE), Math.max(0, next - 1));
    }

    /** Of each partition the first known record that was emitted at this time or later. */
    Map<Integer, Long> from(long timeMs) {
        Map<Integer, Long> first = new TreeMap<>();
        for (long number = known(0); number < next; number++) {
            int at = (int) (number % SIZE);
            if (joinedMs[at] >= timeMs) {
                first.putIfAbsent(partitions[at], offsets[at]);
            }
        }
        return first;
    }
}
