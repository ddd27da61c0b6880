package dev.millrace.api.monitor;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SlotType;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;

/**
 * What needs no learner: each item is liked as often as it was so far, shrunk towards how often any was, p = (y + m·r) /
 * (n + m) with m = {@value #SHRINK}. It predicts a label from those before it alone, as what serves does. Where the model
 * has no slot of the item's id it says how often anything was liked. Remembers a bounded number of items, those that came
 * last. One thread, the tail's.
 */
final class Popularity {
    private static final double SHRINK = 20;
    private static final int MAX_ITEMS = 50_000;
    private static final int NO_SLOT = -1;

    private final int slot;
    private final Long2ObjectLinkedOpenHashMap<Counts> items = new Long2ObjectLinkedOpenHashMap<>();
    private final Counts all = new Counts();

    private static final class Counts {
        double weight;
        double labels;

        void add(double label, double more) {
            // What is taken back may have come before this began.
            weight = Math.max(0, weight + more);
            labels = Math.clamp(labels + label * more, 0, weight);
        }
    }

    Popularity(ModelSpec spec) {
        slot = spec.slots().stream()
                .filter(s -> s.from().equals("item.id") && s.type() == SlotType.CATEGORY && !s.crossedOnly())
                .mapToInt(s -> FeatureIds.slot(s.name()))
                .findFirst()
                .orElse(NO_SLOT);
    }

    /** As the page calls it. */
    String name() {
        return slot == NO_SLOT ? "base rate" : "popularity";
    }

    /** The item's feature of a sample; 0: none. */
    long item(SampleBlock block, int i) {
        for (int f = block.offset(i); slot != NO_SLOT && f < block.offset(i + 1); f++) {
            if (FeatureIds.slotOf(block.featureId(f)) == slot) {
                return block.featureId(f);
            }
        }
        return 0;
    }

    /** The rate of an item's likes. */
    double predict(long item) {
        double rate = (all.labels + 1) / (all.weight + 2);
        Counts counts = item == 0 ? null : items.get(item);
        return counts == null ? rate : (counts.labels + SHRINK * rate) / (counts.weight + SHRINK);
    }

    /** @param weight below 0: takes one back */
    void learn(long item, double label, double weight) {
        all.add(label, weight);
        if (item == 0) {
            return;
        }
        Counts counts = items.getAndMoveToLast(item);
        if (counts == null) {
            counts = new Counts();
            items.putAndMoveToLast(item, counts);
            if (items.size() > MAX_ITEMS) {
                items.removeFirst();
            }
        }
        counts.add(label, weight);
    }
}
