package dev.millrace.api.monitor;

/** How many a second, over the last five whole seconds, and how many at all. Guarded by its own lock. */
final class Rate {
    private static final int SECONDS = 5;
    private static final int SLOTS = 8;
    private static final long SECOND_MS = 1000;

    private final long[] counts = new long[SLOTS];
    private final long[] seconds = new long[SLOTS];
    private long total;

    synchronized void add(long nowMs, long count) {
        long second = nowMs / SECOND_MS;
        int slot = (int) (second % SLOTS);
        if (seconds[slot] != second) {
            seconds[slot] = second;
            counts[slot] = 0;
        }
        counts[slot] += count;
        total += count;
    }

    synchronized double perSecond(long nowMs) {
        long second = nowMs / SECOND_MS;
        long sum = 0;
        for (int slot = 0; slot < SLOTS; slot++) {
            if (seconds[slot] < second && seconds[slot] >= second - SECONDS) {
                sum += counts[slot];
            }
        }
        return (double) sum / SECONDS;
    }

    synchronized long total() {
        return total;
    }
}
