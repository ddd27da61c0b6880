package dev.millrace.join.match;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.id.FeatureIds;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/** The items of one impression by hash, in the order shown. */
final class ShownItems {
    static final int NOT_SHOWN = -1;

    private static final long SEED = 0;

    private final long[] hashes;

    /** @param hashes taken over */
    ShownItems(long[] hashes) {
        this.hashes = hashes;
    }

    static ShownItems of(EncodedImpression impression) {
        long[] hashes = new long[impression.items()];
        Arrays.setAll(hashes, item -> impression.itemHash(item, SEED));
        return new ShownItems(hashes);
    }

    private static long hash(String item) {
        return FeatureIds.hash(item, SEED);
    }

    long[] toArray() {
        return hashes.clone();
    }

    int size() {
        return hashes.length;
    }

    /** Index of the item's first place, or {@link #NOT_SHOWN}. */
    int indexOf(String item) {
        long hash = hash(item);
        for (int i = 0; i < hashes.length; i++) {
            if (hashes[i] == hash) {
                return i;
            }
        }
        return NOT_SHOWN;
    }

    /** Places whose item stands before them too: one item of one request is one sample. */
    BitSet repeats() {
        BitSet repeats = new BitSet(hashes.length);
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < hashes.length; i++) {
            repeats.set(i, !seen.add(hashes[i]));
        }
        return repeats;
    }
}
