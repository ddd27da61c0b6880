package dev.millrace.api.monitor.window;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which segments a sample falls into, told from its features: an attribute that makes segments must be read by a slot of
 * categories. Immutable.
 */
final class Segments {
    private static final String OTHER = "other";

    private final int[] slots;
    private final String[] others;
    /** Feature id to the part that it tells of. */
    private final Long2ObjectOpenHashMap<String> parts;

    private Segments(int[] slots, String[] others, Long2ObjectOpenHashMap<String> parts) {
        this.slots = slots;
        this.others = others;
        this.parts = parts;
    }

    /**
     * Those of the attributes that the models read.
     *
     * @throws IllegalArgumentException when none of them reads one of the attributes in a slot that can tell its value
     */
    static Map<String, Segments> of(List<ModelSpec> models, Map<String, List<String>> wanted) {
        wanted.keySet().forEach(attribute -> {
            if (models.stream().noneMatch(spec -> tells(spec, attribute) != null)) {
                throw new IllegalArgumentException("segment '" + attribute
                        + "': no model has a slot {type: category, from: " + attribute
                        + "} beside its crosses; add one, or leave the segment out");
            }
        });
        Map<String, Segments> all = new HashMap<>();
        models.forEach(spec -> all.put(spec.model(), of(spec, wanted)));
        return all;
    }

    private static @Nullable Slot tells(ModelSpec spec, String attribute) {
        for (Slot slot : spec.slots()) {
            boolean category = slot.type() == SlotType.CATEGORY || slot.type() == SlotType.CATEGORIES;
            if (slot.from().equals(attribute) && category && !slot.crossedOnly()) {
                return slot;
            }
        }
        return null;
    }

    private static Segments of(ModelSpec spec, Map<String, List<String>> wanted) {
        List<Integer> slots = new ArrayList<>();
        List<String> others = new ArrayList<>();
        Long2ObjectOpenHashMap<String> parts = new Long2ObjectOpenHashMap<>();
        wanted.forEach((attribute, values) -> {
            Slot slot = tells(spec, attribute);
            if (slot != null) {
                int number = FeatureIds.slot(slot.name());
                slots.add(number);
                others.add(attribute + "=" + OTHER);
                values.forEach(value ->
                        parts.put(FeatureIds.pack(number, FeatureIds.hash(value, number)), attribute + "=" + value));
            }
        });
        return new Segments(slots.stream().mapToInt(Integer::intValue).toArray(), others.toArray(String[]::new), parts);
    }

    /** The part of each attribute that the sample falls into, written to {@code out} from {@code from} on. */
    int of(SampleBlock block, int sample, String[] out, int from) {
        System.arraycopy(others, 0, out, from, slots.length);
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            long id = block.featureId(f);
            int slot = indexOf(FeatureIds.slotOf(id));
            if (slot >= 0) {
                String part = parts.get(id);
                if (part != null) {
                    out[from + slot] = part;
                }
            }
        }
        return from + slots.length;
    }

    private int indexOf(int slotId) {
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] == slotId) {
                return i;
            }
        }
        return -1;
    }

    /** All parts that there may be. */
    Set<String> names() {
        Set<String> names = new TreeSet<>(parts.values());
        names.addAll(Arrays.asList(others));
        return names;
    }

    int size() {
        return slots.length;
    }
}
