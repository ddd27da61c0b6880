package dev.millrace.ingest.feature;

/**
 * An item's side of a vector, hashed once for many requests, in one run of memory. Immutable.
 *
 * <pre>
 *  id × features | values × features, where not all are 1 | of each slot that crosses are made from: count | hash × count
 * </pre>
 *
 * A value is a float's bits in a long. What crosses are made from has the value 1: a spec lets no number be crossed but by
 * its bins.
 *
 * @param by whose slots these are
 * @param features how many it has of its own
 * @param ones whether all of them have the value 1
 * @param lone whether each slot that crosses are made from has one hash
 */
@SuppressWarnings("ArrayRecordComponent") // read by the vectorizer that made it, never compared
record HashedItem(Vectorizer by, int features, boolean ones, boolean lone, long[] packed) {
    static HashedItem of(Vectorizer by, FeatureVector own, HashedSlot[] crossed) {
        boolean ones = true;
        for (int i = 0; i < own.size(); i++) {
            ones &= own.value(i) == 1f;
        }
        int size = ones ? own.size() : 2 * own.size();
        boolean lone = true;
        for (HashedSlot slot : crossed) {
            lone &= slot.size() == 1;
            if (!slot.ones()) {
                throw new IllegalStateException("a crossed slot has another value than 1");
            }
            size += 1 + slot.size();
        }
        long[] packed = new long[size];
        int at = 0;
        for (int i = 0; i < own.size(); i++) {
            packed[at++] = own.id(i);
        }
        for (int i = 0; i < own.size() && !ones; i++) {
            packed[at++] = Float.floatToRawIntBits(own.value(i));
        }
        for (HashedSlot slot : crossed) {
            packed[at++] = slot.size();
            for (int i = 0; i < slot.size(); i++) {
                packed[at++] = slot.hash(i);
            }
        }
        return new HashedItem(by, own.size(), ones, lone, packed);
    }

    /** Where the crossed slots begin. */
    int crossedAt() {
        return ones ? features : 2 * features;
    }
}
