package dev.millrace.api.monitor;

import org.HdrHistogram.Histogram;

/** Durations of the last minute or so, to two digits. Guarded by its own lock. */
final class SlidingHistogram {
    private static final int SLOTS = 12;
    private static final int DIGITS = 2;
    private static final long MAX_MICROS = 3_600_000_000L;
    private static final double MICROS_A_MS = 1000;

    private final long slotMs;
    private final Histogram[] slots = new Histogram[SLOTS];
    private final long[] slotNumbers = new long[SLOTS];

    SlidingHistogram(long windowMs) {
        slotMs = Math.max(1, windowMs / SLOTS);
        java.util.Arrays.setAll(slots, i -> empty());
        java.util.Arrays.fill(slotNumbers, -1);
    }

    private static Histogram empty() {
        Histogram histogram = new Histogram(DIGITS);
        histogram.setAutoResize(true);
        return histogram;
    }

    synchronized void record(long nowMs, long micros) {
        long number = nowMs / slotMs;
        int slot = (int) (number % SLOTS);
        if (slotNumbers[slot] != number) {
            slots[slot].reset();
            slotNumbers[slot] = number;
        }
        slots[slot].recordValue(Math.clamp(micros, 0, MAX_MICROS));
    }

    synchronized MonitorSnapshot.Quantiles quantiles(long nowMs) {
        long number = nowMs / slotMs;
        Histogram merged = empty();
        for (int slot = 0; slot < SLOTS; slot++) {
            if (slotNumbers[slot] > number - SLOTS) {
                merged.add(slots[slot]);
            }
        }
        if (merged.getTotalCount() == 0) {
            return new MonitorSnapshot.Quantiles(null, null);
        }
        return new MonitorSnapshot.Quantiles(
                merged.getValueAtPercentile(50) / MICROS_A_MS, merged.getValueAtPercentile(99) / MICROS_A_MS);
    }
}
