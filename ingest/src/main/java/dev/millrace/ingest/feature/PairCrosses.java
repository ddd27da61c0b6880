package dev.millrace.ingest.feature;

import dev.millrace.ingest.id.FeatureIds;
import java.util.Arrays;
import java.util.List;

/**
 * Crosses of a slot of the request with a slot of the item, for items whose hashes are kept: most crosses of most specs, and
 * the most of what a request of many candidates hashes. Values in crosses are 1. Makes the ids that {@link Vectorizer} makes, in its order, straight
 * from an item's packed hashes. Immutable; what changes is a {@link Scratch}.
 *
 * <p>Cost: two multiply-mixes a pair at most; a request's own half of a pair is mixed once.
 */
final class PairCrosses {
    /**
     * @param slotId of the cross
     * @param place of the item's slot among those that crosses are made from
     * @param requestFirst whether the request's slot is the first of the two; order is part of a pair's hash
     */
    record Pair(int slotId, int requestSlot, int place, boolean requestFirst) {}

    private final Pair[] pairs;
    private final int places;

    /** @param places how many slots of an item crosses are made from */
    PairCrosses(List<Pair> pairs, int places) {
        this.pairs = pairs.toArray(Pair[]::new);
        this.places = places;
    }

    /**
     * What a request's items share: a term for each hash of the request in each pair, in the vector's order. One thread at
     * a time.
     */
    static final class Scratch {
        private int terms;
        private Pair[] pairs;
        /** {@link FeatureIds#beforeCross} where the request's slot is first, else the hash as it is. */
        private long[] hashes;

        /** How many terms are made at once, from this one on: all of a pair whose item's slot is first. */
        private int[] together;
        /** The pair's place, for {@link PairCrosses#lone}. */
        private int[] placeOf;
        /** The pair's slot id, for the same. */
        private int[] slotIds;
        /** Of all terms. */
        private boolean requestFirst;
        /** Where each crossed slot of the item at hand begins. */
        private final int[] starts;

        private Scratch(int pairs, int places) {
            this.pairs = new Pair[pairs];
            hashes = new long[pairs];
            together = new int[pairs];
            placeOf = new int[pairs];
            slotIds = new int[pairs];
            starts = new int[places];
        }

        private void clear() {
            terms = 0;
            requestFirst = true;
        }

        private void add(Pair pair, long hash, int ofItsPair) {
            if (terms == hashes.length) {
                pairs = Arrays.copyOf(pairs, 2 * terms);
                hashes = Arrays.copyOf(hashes, 2 * terms);
                together = Arrays.copyOf(together, 2 * terms);
                placeOf = Arrays.copyOf(placeOf, 2 * terms);
                slotIds = Arrays.copyOf(slotIds, 2 * terms);
            }
            pairs[terms] = pair;
            hashes[terms] = hash;
            placeOf[terms] = pair.place;
            slotIds[terms] = pair.slotId;
            requestFirst &= pair.requestFirst;
            together[terms++] = ofItsPair;
        }
    }

    Scratch newScratch() {
        return new Scratch(pairs.length, places);
    }

    /** Takes the request's side, whose slots have been hashed. */
    void request(HashedSlot[] hashed, Scratch scratch) {
        scratch.clear();
        for (Pair pair : pairs) {
            HashedSlot slot = hashed[pair.requestSlot];
            for (int i = 0; i < slot.size(); i++) {
                if (pair.requestFirst) {
                    scratch.add(pair, FeatureIds.beforeCross(FeatureIds.cross(0, slot.hash(i))), 1);
                } else {
                    scratch.add(pair, slot.hash(i), slot.size() - i);
                }
            }
        }
    }

    /** Appends an item's crosses. */
    void item(HashedItem item, Scratch scratch, FeatureVector out) {
        long[] packed = item.packed();
        if (item.lone() && scratch.requestFirst) {
            lone(packed, item.crossedAt(), scratch, out);
            return;
        }
        int[] starts = scratch.starts;
        int start = item.crossedAt();
        for (int place = 0; place < places; place++) {
            starts[place] = start;
            start += 1 + (int) packed[start];
        }
        int term = 0;
        while (term < scratch.terms) {
            Pair pair = scratch.pairs[term];
            int from = starts[pair.place] + 1;
            int count = (int) packed[from - 1];
            if (pair.requestFirst) {
                requestFirst(pair, packed, from, count, scratch.hashes[term], out);
            } else {
                itemFirst(pair, packed, from, count, scratch, term, out);
            }
            term += scratch.together[term];
        }
    }

    /** What most are: one value in each of the item's slots, whose place is known, and the request's slot first. */
    private static void lone(long[] packed, int crossedAt, Scratch scratch, FeatureVector out) {
        int terms = scratch.terms;
        long[] before = scratch.hashes;
        int[] placeOf = scratch.placeOf;
        int[] slotIds = scratch.slotIds;
        int at = out.appendOnes(terms);
        long[] ids = out.ids();
        for (int t = 0; t < terms; t++) {
            long hash = packed[crossedAt + 2 * placeOf[t] + 1];
            ids[at + t] = FeatureIds.pack(slotIds[t], FeatureIds.crossed(before[t], hash));
        }
    }

    private static void requestFirst(Pair pair, long[] packed, int from, int count, long before, FeatureVector out) {
        for (int j = from; j < from + count; j++) {
            out.add(FeatureIds.pack(pair.slotId, FeatureIds.crossed(before, packed[j])), 1f);
        }
    }

    private static void itemFirst(
            Pair pair, long[] packed, int from, int count, Scratch scratch, int term, FeatureVector out) {
        int end = term + scratch.together[term];
        for (int j = from; j < from + count; j++) {
            long before = FeatureIds.beforeCross(FeatureIds.cross(0, packed[j]));
            for (int t = term; t < end; t++) {
                out.add(FeatureIds.pack(pair.slotId, FeatureIds.crossed(before, scratch.hashes[t])), 1f);
            }
        }
    }
}
