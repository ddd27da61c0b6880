package dev.millrace.ps.network;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.Arrays;
import java.util.List;

/** Which feature belongs to which field: a field is a slot with embeddings, in the spec's order. The others are wide only. */
public final class Fields {
    /** Has a weight and no embedding. */
    public static final int WIDE_ONLY = -1;

    private final int[] slots;
    private final int[] fields;
    private final int count;

    public Fields(ModelSpec spec) {
        List<String> all = spec.network().slots();
        count = all.size();
        int size = Integer.highestOneBit(Math.max(1, count)) * 4;
        slots = new int[size];
        fields = new int[size];
        Arrays.fill(fields, WIDE_ONLY);
        for (int field = 0; field < count; field++) {
            int slot = FeatureIds.slot(all.get(field));
            int at = slot & (size - 1);
            while (fields[at] != WIDE_ONLY) {
                at = (at + 1) & (size - 1);
            }
            slots[at] = slot;
            fields[at] = field;
        }
    }

    public int count() {
        return count;
    }

    /** 0..count−1, or {@link #WIDE_ONLY}. O(1). */
    public int of(long featureId) {
        int slot = FeatureIds.slotOf(featureId);
        int at = slot & (slots.length - 1);
        while (fields[at] != WIDE_ONLY && slots[at] != slot) {
            at = (at + 1) & (slots.length - 1);
        }
        return fields[at];
    }
}
