package dev.millrace.ingest.spec;

import java.util.List;

/**
 * One input of a model.
 *
 * @param name unique in the spec; its hash is the slot number of its feature ids
 * @param from attribute it reads: {@code user.NAME}, {@code item.NAME} or {@code context.NAME}
 * @param transform applied to a number before bins or standardization
 * @param bins ascending boundaries of a number: value x falls in bin i where bins[i-1] ≤ x &lt; bins[i]; empty: no bins
 * @param standardize (x − mean) / standard deviation, both learned online as part of the model
 * @param crossedOnly whether it enters through the crosses that name it alone, with no features of its own
 * @param life of its rows
 */
public record Slot(
        String name,
        String from,
        SlotType type,
        Transform transform,
        List<Double> bins,
        boolean standardize,
        boolean crossedOnly,
        Life life) {
    public Slot {
        bins = List.copyOf(bins);
    }

    public Slot(String name, String from, SlotType type, Transform transform, List<Double> bins, boolean standardize) {
        this(name, from, type, transform, bins, standardize, false, Life.DEFAULT);
    }

    /** Whether it differs from item to item of one request. */
    public boolean ofItem() {
        return from.startsWith("item.");
    }
}
