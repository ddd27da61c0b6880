package dev.millrace.api.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Mergeable sums of the last minute or so, and of everything since the start. Guarded by its own lock.
 *
 * @param <T> what holds sums
 */
final class SlidingSums<T> {
    private static final int SLOTS = 12;

    /** How sums are made, added up and emptied. */
    record Kind<T>(Supplier<T> empty, BiConsumer<T, T> merge, Consumer<T> clear) {}

    private final Kind<T> kind;
    private final long slotMs;
    private final T total;
    private final List<T> slots = new ArrayList<>(SLOTS);
    private final long[] slotNumbers = new long[SLOTS];

    /** @param windowMs length of the window, which moves in twelfths */
    SlidingSums(Kind<T> kind, long windowMs) {
        this.kind = kind;
        slotMs = Math.max(1, windowMs / SLOTS);
        total = kind.empty().get();
        for (int slot = 0; slot < SLOTS; slot++) {
            slots.add(kind.empty().get());
        }
        java.util.Arrays.fill(slotNumbers, -1);
    }

    /** Changes both the total and the slot of {@code nowMs}. */
    synchronized void update(long nowMs, Consumer<T> change) {
        long number = nowMs / slotMs;
        int slot = (int) (number % SLOTS);
        if (slotNumbers[slot] != number) {
            kind.clear().accept(slots.get(slot));
            slotNumbers[slot] = number;
        }
        change.accept(slots.get(slot));
        change.accept(total);
    }

    synchronized <R> R total(Function<T, R> read) {
        return read.apply(total);
    }

    synchronized <R> R recent(long nowMs, Function<T, R> read) {
        long number = nowMs / slotMs;
        T merged = kind.empty().get();
        for (int slot = 0; slot < SLOTS; slot++) {
            if (slotNumbers[slot] > number - SLOTS) {
                kind.merge().accept(merged, slots.get(slot));
            }
        }
        return read.apply(merged);
    }
}
