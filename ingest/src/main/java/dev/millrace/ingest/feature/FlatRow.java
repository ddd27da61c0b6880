package dev.millrace.ingest.feature;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import dev.millrace.ingest.spec.Transform;
import java.util.Arrays;
import java.util.List;

/**
 * A row of a spec without crosses and without texts that are split: a cell's feature goes straight to its place in the
 * vector. Cells mostly come in the slots' order; those of a row that do not are put in it at the end.
 */
final class FlatRow implements CellRow {
    private static final byte SEVERAL = 0;
    private static final byte CATEGORY = 1;
    /** Neither transformed nor in bins. */
    private static final byte PLAIN_NUMBER = 2;

    private final Vectorizer vectorizer;
    private final Slot[] slots;
    private final int[] slotIds;
    private final int[][] slotsOf;
    /** Of an attribute: what its only slot is; SEVERAL where there is more to it. */
    private final byte[] kinds;
    /** The only slot, above a hash, and its place. */
    private final long[] onlySlots;

    private final int[] onlyPlaces;
    /** Slot to its place in a vector's order. */
    private final int[] order;

    private long[] ids = new long[64];
    private float[] values = new float[64];
    /** Feature to the place of its slot. */
    private int[] places = new int[64];

    private int size;
    private int lastPlace;
    private boolean ordered;
    private int[] starts = {};
    private final FeatureVector vector = new FeatureVector();

    /** Whether the spec's rows are so. */
    static boolean isOf(Slot[] slots, boolean crosses) {
        return !crosses && Arrays.stream(slots).noneMatch(slot -> slot.type() == SlotType.TEXT || slot.crossedOnly());
    }

    FlatRow(Vectorizer vectorizer, Slot[] slots, int[] slotIds, int[][] slotsOf) {
        this.vectorizer = vectorizer;
        this.slots = slots;
        this.slotIds = slotIds;
        this.slotsOf = slotsOf;
        order = new int[slots.length];
        int next = 1;
        for (boolean ofItem : List.of(false, true)) {
            for (int s = 0; s < slots.length; s++) {
                if (slots[s].ofItem() == ofItem) {
                    order[s] = next++;
                }
            }
        }
        kinds = new byte[slotsOf.length];
        onlySlots = new long[slotsOf.length];
        onlyPlaces = new int[slotsOf.length];
        for (int a = 0; a < slotsOf.length; a++) {
            int s = slotsOf[a][0];
            kinds[a] = slotsOf[a].length > 1 ? SEVERAL : kind(slots[s]);
            onlySlots[a] = FeatureIds.pack(slotIds[s], 0);
            onlyPlaces[a] = order[s];
        }
        clear();
    }

    private static byte kind(Slot slot) {
        if (slot.type() != SlotType.NUMBER) {
            return CATEGORY;
        }
        return slot.transform() == Transform.NONE && slot.bins().isEmpty() ? PLAIN_NUMBER : SEVERAL;
    }

    @Override
    public void clear() {
        size = 0;
        ordered = true;
        lastPlace = 0;
        add(0, FeatureIds.BIAS, 1f);
    }

    private void add(int place, long id, float value) {
        int at = size;
        if (at == ids.length) {
            ids = Arrays.copyOf(ids, 2 * at);
            values = Arrays.copyOf(values, 2 * at);
            places = Arrays.copyOf(places, 2 * at);
        }
        ids[at] = id;
        values[at] = value;
        places[at] = place;
        ordered &= lastPlace <= place;
        lastPlace = place;
        size = at + 1;
    }

    @Override
    public void text(int attribute, byte[] utf8, int from, int to) {
        if (kinds[attribute] == CATEGORY) {
            long slot = onlySlots[attribute];
            long hash = FeatureIds.hash(utf8, from, to, FeatureIds.slotOf(slot));
            add(onlyPlaces[attribute], slot | FeatureIds.pack(0, hash), 1f);
            return;
        }
        for (int s : slotsOf[attribute]) {
            if (slots[s].type() != SlotType.NUMBER) {
                category(s, utf8, from, to);
            }
        }
    }

    private void category(int s, byte[] utf8, int from, int to) {
        int slot = slotIds[s];
        add(order[s], FeatureIds.pack(slot, FeatureIds.hash(utf8, from, to, slot)), 1f);
    }

    @Override
    public void numeric(int attribute, double value) {
        for (int s : slotsOf[attribute]) {
            if (slots[s].type() == SlotType.NUMBER) {
                number(s, slotIds[s], value);
            } else {
                String text = Vectorizer.text(value);
                add(order[s], FeatureIds.pack(slotIds[s], FeatureIds.hash(text, slotIds[s])), 1f);
            }
        }
    }

    @Override
    public void number(int attribute, double value) {
        if (kinds[attribute] == PLAIN_NUMBER && Math.abs(value) <= Vectorizer.MAX_NUMBER) {
            add(onlyPlaces[attribute], onlySlots[attribute] | FeatureIds.VALUE, (float) value);
            return;
        }
        for (int s : slotsOf[attribute]) {
            if (slots[s].type() == SlotType.NUMBER) {
                number(s, slotIds[s], value);
            }
        }
    }

    private void number(int s, int slot, double value) {
        double x = slots[s].transform().apply(value);
        if (!Double.isNaN(x)) {
            add(order[s], FeatureIds.pack(slot, vectorizer.hashOfNumber(s, x)), vectorizer.valueOfNumber(s, x));
        }
    }

    @Override
    public FeatureVector vector() {
        if (!ordered) {
            sort();
        }
        vector.wrap(ids, values, size);
        return vector;
    }

    /** By places, those of one place as they came. O(features + slots). */
    private void sort() {
        starts = starts.length == 0 ? new int[slots.length + 2] : starts;
        Arrays.fill(starts, 0);
        for (int f = 0; f < size; f++) {
            starts[places[f] + 1]++;
        }
        for (int place = 1; place < starts.length; place++) {
            starts[place] += starts[place - 1];
        }
        long[] sortedIds = new long[ids.length];
        float[] sortedValues = new float[ids.length];
        for (int f = 0; f < size; f++) {
            int to = starts[places[f]]++;
            sortedIds[to] = ids[f];
            sortedValues[to] = values[f];
        }
        System.arraycopy(sortedIds, 0, ids, 0, size);
        System.arraycopy(sortedValues, 0, values, 0, size);
    }
}
