package dev.millrace.api.monitor;

import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.monitor.quality.QualityStats;
import java.util.function.Consumer;

/** Quality of the last minute or so, and of everything since the start. Guarded by its own lock. */
final class QualityWindow {
    private static final int SLOTS = 12;

    private final long slotMs;
    private final QualityStats total = new QualityStats();
    private final QualityStats[] slots = new QualityStats[SLOTS];
    private final long[] slotNumbers = new long[SLOTS];

    /** @param windowMs length of the window, which moves in twelfths */
    QualityWindow(long windowMs) {
        slotMs = Math.max(1, windowMs / SLOTS);
        java.util.Arrays.setAll(slots, i -> new QualityStats());
        java.util.Arrays.fill(slotNumbers, -1);
    }

    /** Changes both the total and the slot of {@code nowMs}. */
    synchronized void update(long nowMs, Consumer<QualityStats> change) {
        long number = nowMs / slotMs;
        int slot = (int) (number % SLOTS);
        if (slotNumbers[slot] != number) {
            slots[slot].clear();
            slotNumbers[slot] = number;
        }
        change.accept(slots[slot]);
        change.accept(total);
    }

    synchronized Quality total() {
        return total.quality();
    }

    synchronized Quality recent(long nowMs) {
        long number = nowMs / slotMs;
        QualityStats merged = new QualityStats();
        for (int slot = 0; slot < SLOTS; slot++) {
            if (slotNumbers[slot] > number - SLOTS) {
                merged.merge(slots[slot]);
            }
        }
        return merged.quality();
    }
}
