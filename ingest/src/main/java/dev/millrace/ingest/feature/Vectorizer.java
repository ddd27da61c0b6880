package dev.millrace.ingest.feature;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ingest.spec.SlotType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a spec's feature ids from raw attributes. Order of a vector: bias, request slots, request crosses (these once a
 * request), then item slots and crosses that touch an item. Immutable; share it.
 *
 * <p>Cost: O(tokens + crossed pairs); one hash a token, one multiply-mix a pair.
 */
public final class Vectorizer {
    /** Within a number slot: the value itself. */
    public static final long NUMBER_VALUE = FeatureIds.VALUE;
    /** Within a standardized number slot: the row of its running mean. */
    public static final long NUMBER_MEAN = 2;
    /** Within a standardized number slot: the row of 1 / its running standard deviation. */
    public static final long NUMBER_SCALE = 3;

    private static final int MAX_TOKENS = 64;
    /** Up to here every whole number is a long. */
    private static final double MAX_WHOLE = 9e18;
    /** Larger ones count as this: the square of a gradient must stay a finite float. */
    static final double MAX_NUMBER = 1e9;

    private static final Pattern NOT_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

    private final Slot[] slots;
    private final int[] slotIds;
    private final boolean[] ofItems;
    private final double[][] bins;
    private final Cross[] crosses;
    private final List<String> attributes;
    private final int[][] slotsOf;
    /** Slots of items that crosses are made from. */
    private final int[] crossedItemSlots;
    /** Null: some cross with an item is of another kind. */
    private final @Nullable PairCrosses pairs;

    private record Cross(int slotId, int[] parts, boolean ofRequest) {}

    public Vectorizer(ModelSpec spec) {
        slots = spec.slots().toArray(Slot[]::new);
        slotIds = Arrays.stream(slots).mapToInt(s -> FeatureIds.slot(s.name())).toArray();
        bins = Arrays.stream(slots)
                .map(s -> s.bins().stream().mapToDouble(Double::doubleValue).toArray())
                .toArray(double[][]::new);
        ofItems = new boolean[slots.length];
        for (int s = 0; s < slots.length; s++) {
            ofItems[s] = slots[s].ofItem();
        }
        List<String> names = spec.slots().stream().map(Slot::name).toList();
        List<Cross> made = new ArrayList<>();
        for (dev.millrace.ingest.spec.Cross cross : spec.crosses()) {
            int[] parts = cross.slots().stream().mapToInt(names::indexOf).toArray();
            boolean ofRequest = Arrays.stream(parts).noneMatch(p -> slots[p].ofItem());
            made.add(new Cross(FeatureIds.slot(cross.name()), parts, ofRequest));
        }
        crosses = made.toArray(Cross[]::new);
        attributes = spec.slots().stream().map(Slot::from).distinct().toList();
        slotsOf = attributes.stream().map(this::slotsOf).toArray(int[][]::new);
        crossedItemSlots = made.stream()
                .flatMapToInt(cross -> Arrays.stream(cross.parts))
                .filter(part -> ofItems[part])
                .distinct()
                .toArray();
        pairs = pairs(made.stream().filter(cross -> !cross.ofRequest).toList());
    }

    private @Nullable PairCrosses pairs(List<Cross> withItems) {
        List<PairCrosses.Pair> found = new ArrayList<>();
        for (Cross cross : withItems) {
            int[] parts = cross.parts;
            if (parts.length != 2 || ofItems[parts[0]] == ofItems[parts[1]]) {
                return null;
            }
            boolean requestFirst = ofItems[parts[1]];
            int itemSlot = parts[requestFirst ? 1 : 0];
            int place = IntStream.range(0, crossedItemSlots.length)
                    .filter(i -> crossedItemSlots[i] == itemSlot)
                    .findFirst()
                    .orElseThrow();
            found.add(new PairCrosses.Pair(cross.slotId, parts[requestFirst ? 0 : 1], place, requestFirst));
        }
        return new PairCrosses(found, crossedItemSlots.length);
    }

    private int[] slotsOf(String attribute) {
        return IntStream.range(0, slots.length)
                .filter(s -> slots[s].from().equals(attribute))
                .toArray();
    }

    /** Scratch of one request: the hashed slots that its items' crosses use. One thread at a time. */
    public final class Request {
        private final HashedSlot[] hashed = new HashedSlot[slots.length];
        private final PairCrosses.@Nullable Scratch paired = pairs == null ? null : pairs.newScratch();
        private boolean ofCanary;

        private Request() {
            Arrays.setAll(hashed, i -> new HashedSlot());
        }
    }

    public Request newRequest() {
        return new Request();
    }

    /** Clears {@code out} and writes what all items of the request share. */
    public void request(RawFeatures features, Request request, FeatureVector out) {
        out.clear();
        long canary = Canary.feature(features);
        request.ofCanary = canary != FeatureIds.NONE;
        if (request.ofCanary) {
            out.add(canary, 1f);
            return;
        }
        out.add(FeatureIds.BIAS, 1f);
        side(false, features, request, out);
        if (pairs != null && request.paired != null) {
            pairs.request(request.hashed, request.paired);
        }
    }

    /** Appends one item's features to a vector that holds its request's (and other items'). */
    public void item(RawFeatures features, Request request, FeatureVector out) {
        if (request.ofCanary) {
            return;
        }
        if (!features.isKept()) {
            side(true, features, request, out);
            return;
        }
        HashedItem item = hashed(features);
        out.addAll(item);
        if (pairs != null && request.paired != null) {
            pairs.item(item, request.paired, out);
            return;
        }
        int at = item.crossedAt();
        for (int s : crossedItemSlots) {
            at = request.hashed[s].unpack(item.packed(), at);
        }
        crosses(true, request, out);
    }

    /**
     * Brings what is known of kept items near, all at once: their misses overlap instead of following each other.
     *
     * @return a number that is to be used for something, or the compiler drops the reads
     */
    public long touch(List<RawFeatures> items) {
        long sum = 0;
        for (int i = 0; i < items.size(); i++) {
            RawFeatures features = items.get(i);
            if (features.isKept()) {
                long[] packed = hashed(features).packed();
                sum += packed.length == 0 ? 0 : packed[0] + packed[packed.length - 1];
            }
        }
        return sum;
    }

    private HashedItem hashed(RawFeatures features) {
        HashedItem known = features.hashed();
        if (known == null || known.by() != this) {
            known = hash(features);
            features.remember(known);
        }
        return known;
    }

    private HashedItem hash(RawFeatures features) {
        Request scratch = new Request();
        FeatureVector own = new FeatureVector();
        hashSide(true, features, scratch);
        slots(true, scratch, own);
        HashedSlot[] crossed = new HashedSlot[crossedItemSlots.length];
        Arrays.setAll(crossed, i -> scratch.hashed[crossedItemSlots[i]]);
        return HashedItem.of(this, own, crossed);
    }

    /** A row of any spec, its request's part apart from its item's. */
    public final class Row implements CellRow {
        private final Request request = new Request();
        private final FeatureVector whole = new FeatureVector();

        private Row() {}

        @Override
        public void clear() {
            for (HashedSlot slot : request.hashed) {
                slot.clear();
            }
        }

        /** Forgets what was given of the item, and keeps its request. */
        void clearItem() {
            for (int s = 0; s < slots.length; s++) {
                if (ofItems[s]) {
                    request.hashed[s].clear();
                }
            }
        }

        /** Clears {@code out} and writes what all items of the request share. */
        void request(FeatureVector out) {
            out.clear();
            out.add(FeatureIds.BIAS, 1f);
            append(false, request, out);
        }

        /** Appends one item's features to a vector that holds its request's. */
        void item(FeatureVector out) {
            append(true, request, out);
        }

        @Override
        public void text(int attribute, byte[] utf8, int from, int to) {
            for (int s : slotsOf[attribute]) {
                switch (slots[s].type()) {
                    case CATEGORY, CATEGORIES -> request.hashed[s].add(FeatureIds.hash(utf8, from, to, slotIds[s]), 1f);
                    case TEXT -> tokens(s, new String(utf8, from, to - from, StandardCharsets.UTF_8));
                    case NUMBER -> {}
                }
            }
        }

        private void tokens(int s, String text) {
            HashedSlot hashed = request.hashed[s];
            for (String token : Vectorizer.tokens(new FeatureValue.Text(text))) {
                long hash = FeatureIds.hash(token, slotIds[s]);
                if (hashed.size() < MAX_TOKENS && !hashed.has(hash)) {
                    hashed.add(hash, 1f);
                }
            }
        }

        @Override
        public void numeric(int attribute, double value) {
            for (int s : slotsOf[attribute]) {
                if (slots[s].type() == SlotType.NUMBER) {
                    Vectorizer.this.number(s, value, request.hashed[s]);
                } else {
                    hash(s, new FeatureValue.Numeric(value), request.hashed[s]);
                }
            }
        }

        @Override
        public void number(int attribute, double value) {
            for (int s : slotsOf[attribute]) {
                if (slots[s].type() == SlotType.NUMBER) {
                    Vectorizer.this.number(s, value, request.hashed[s]);
                }
            }
        }

        @Override
        public FeatureVector vector() {
            request(whole);
            item(whole);
            return whole;
        }
    }

    /** For whole rows: the quickest that the spec allows. */
    public CellRow newCellRow() {
        return FlatRow.isOf(slots, crosses.length > 0) ? new FlatRow(this, slots, slotIds, slotsOf) : newRow();
    }

    public Row newRow() {
        return new Row();
    }

    /** Every attribute that a slot reads, once, in the slots' order. */
    public List<String> attributes() {
        return attributes;
    }

    /** Whether a slot reads the attribute as a number. */
    public boolean readsNumber(int attribute) {
        return Arrays.stream(slotsOf[attribute]).anyMatch(s -> slots[s].type() == SlotType.NUMBER);
    }

    /** Whether a slot reads the attribute as text. */
    public boolean readsText(int attribute) {
        return Arrays.stream(slotsOf[attribute]).anyMatch(s -> slots[s].type() != SlotType.NUMBER);
    }

    private void side(boolean ofItem, RawFeatures features, Request request, FeatureVector out) {
        hashSide(ofItem, features, request);
        append(ofItem, request, out);
    }

    private void hashSide(boolean ofItem, RawFeatures features, Request request) {
        for (int s = 0; s < slots.length; s++) {
            if (ofItems[s] == ofItem) {
                request.hashed[s].clear();
                hash(s, features.get(slots[s].from()), request.hashed[s]);
            }
        }
    }

    private void append(boolean ofItem, Request request, FeatureVector out) {
        slots(ofItem, request, out);
        crosses(ofItem, request, out);
    }

    private void slots(boolean ofItem, Request request, FeatureVector out) {
        for (int s = 0; s < slots.length; s++) {
            if (ofItems[s] == ofItem && !slots[s].crossedOnly()) {
                HashedSlot hashed = request.hashed[s];
                for (int i = 0; i < hashed.size(); i++) {
                    out.add(FeatureIds.pack(slotIds[s], hashed.hash(i)), hashed.value(i));
                }
            }
        }
    }

    private void crosses(boolean ofItem, Request request, FeatureVector out) {
        for (Cross cross : crosses) {
            if (cross.ofRequest == ofItem) {
                continue;
            }
            if (cross.parts.length == 2) {
                addPairs(cross, request.hashed[cross.parts[0]], request.hashed[cross.parts[1]], out);
            } else {
                addCross(cross, 0, 0, 1f, request, out);
            }
        }
    }

    /** {@link #addCross} of two slots. */
    private static void addPairs(Cross cross, HashedSlot first, HashedSlot second, FeatureVector out) {
        for (int i = 0; i < first.size(); i++) {
            long hash = FeatureIds.cross(0, first.hash(i));
            for (int j = 0; j < second.size(); j++) {
                long pair = FeatureIds.cross(hash, second.hash(j));
                out.add(FeatureIds.pack(cross.slotId, pair), first.value(i) * second.value(j));
            }
        }
    }

    private static void addCross(Cross cross, int part, long hash, float value, Request request, FeatureVector out) {
        if (part == cross.parts.length) {
            out.add(FeatureIds.pack(cross.slotId, hash), value);
            return;
        }
        HashedSlot slot = request.hashed[cross.parts[part]];
        for (int i = 0; i < slot.size(); i++) {
            addCross(cross, part + 1, FeatureIds.cross(hash, slot.hash(i)), value * slot.value(i), request, out);
        }
    }

    private void hash(int s, @Nullable FeatureValue value, HashedSlot out) {
        if (value == null) {
            return;
        }
        int slotId = slotIds[s];
        switch (slots[s].type()) {
            case CATEGORY, CATEGORIES -> texts(value).forEach(t -> out.add(FeatureIds.hash(t, slotId), 1f));
            case TEXT -> tokens(value).forEach(t -> out.add(FeatureIds.hash(t, slotId), 1f));
            case NUMBER -> {
                if (value instanceof FeatureValue.Numeric numeric) {
                    number(s, numeric.value(), out);
                }
            }
        }
    }

    private void number(int s, double value, HashedSlot out) {
        double x = slots[s].transform().apply(value);
        if (Double.isNaN(x)) {
            return;
        }
        out.add(hashOfNumber(s, x), valueOfNumber(s, x));
    }

    /** @param x transformed, not NaN */
    long hashOfNumber(int s, double x) {
        return bins[s].length == 0 ? NUMBER_VALUE : FeatureIds.hash(bin(bins[s], x), slotIds[s]);
    }

    float valueOfNumber(int s, double x) {
        return bins[s].length == 0 ? (float) Math.max(-MAX_NUMBER, Math.min(MAX_NUMBER, x)) : 1f;
    }

    /** Value x falls in bin i where bounds[i-1] ≤ x &lt; bounds[i]. */
    private static int bin(double[] bounds, double x) {
        int bin = 0;
        while (bin < bounds.length && x >= bounds[bin]) {
            bin++;
        }
        return bin;
    }

    private static List<String> texts(FeatureValue value) {
        if (value instanceof FeatureValue.Text text) {
            return List.of(text.value());
        }
        if (value instanceof FeatureValue.Texts texts) {
            return texts.values();
        }
        return List.of(text(((FeatureValue.Numeric) value).value()));
    }

    /** One text a number, 3 for 3.0; the bits of a fraction, since JDKs differ in how they print one. */
    static String text(double number) {
        return number == Math.rint(number) && Math.abs(number) < MAX_WHOLE
                ? Long.toString((long) number)
                : Long.toHexString(Double.doubleToLongBits(number));
    }

    private static Set<String> tokens(FeatureValue value) {
        Set<String> tokens = new LinkedHashSet<>();
        for (String text : texts(value)) {
            for (String token : NOT_WORD.split(text.toLowerCase(Locale.ROOT))) {
                if (!token.isEmpty() && tokens.size() < MAX_TOKENS) {
                    tokens.add(token);
                }
            }
        }
        return tokens;
    }
}
