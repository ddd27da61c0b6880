package dev.millrace.learner.training;

import dev.millrace.ingest.id.FeatureIds;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;

/**
 * The keys of rows that changed, each once: open addressing at a load of at most ½. Keys are gathered and added many at
 * a time, so that their cache misses overlap. One thread.
 */
final class TouchedKeys {
    private static final int JUST_TOUCHED = 1 << 12;
    private static final int AT_ONCE = 256;
    private static final int LEAST_PLACES = 1 << 10;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /** Keys that were added lately, by their low bits: most come again at once, and a look here is cheaper. */
    private final long[] justTouched = new long[JUST_TOUCHED];

    private final long[] waiting = new long[AT_ONCE];
    private int waits;
    private long[] places = new long[LEAST_PLACES];
    private int shift = shiftOf(LEAST_PLACES);
    private int size;

    /** @param key not {@link FeatureIds#NONE} */
    void add(long key) {
        int at = (int) (key ^ (key >>> Integer.SIZE)) & (JUST_TOUCHED - 1);
        if (justTouched[at] != key) {
            justTouched[at] = key;
            waiting[waits++] = key;
            if (waits == AT_ONCE) {
                settle();
            }
        }
    }

    /** How many different ones. */
    int size() {
        settle();
        return size;
    }

    /** All of them, in no particular order; it is empty then. */
    LongArrayList drain() {
        LongArrayList keys = new LongArrayList(size());
        for (long key : places) {
            if (key != FeatureIds.NONE) {
                keys.add(key);
            }
        }
        Arrays.fill(places, FeatureIds.NONE);
        Arrays.fill(justTouched, FeatureIds.NONE);
        size = 0;
        return keys;
    }

    private void settle() {
        if (waits == 0) {
            return;
        }
        if (2 * (size + waits) > places.length) {
            grow();
        }
        // Loads that wait for nothing; the puts find their lines in the cache.
        int there = 0;
        for (int i = 0; i < waits; i++) {
            there += places[(int) ((waiting[i] * GOLDEN) >>> shift)] == waiting[i] ? 1 : 0;
        }
        for (int i = 0; there < waits && i < waits; i++) {
            put(waiting[i]);
        }
        waits = 0;
    }

    private void put(long key) {
        int at = (int) ((key * GOLDEN) >>> shift);
        while (places[at] != key) {
            if (places[at] == FeatureIds.NONE) {
                places[at] = key;
                size++;
                return;
            }
            at = (at + 1) & (places.length - 1);
        }
    }

    private void grow() {
        long[] before = places;
        places = new long[2 * before.length];
        shift = shiftOf(places.length);
        size = 0;
        for (long key : before) {
            if (key != FeatureIds.NONE) {
                put(key);
            }
        }
    }

    private static int shiftOf(int length) {
        return Long.SIZE - Integer.numberOfTrailingZeros(length);
    }
}
