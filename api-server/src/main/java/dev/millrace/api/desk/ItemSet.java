package dev.millrace.api.desk;

import org.jspecify.annotations.Nullable;

/** Items that a request has named: a set of texts that makes nothing for each. One thread. */
final class ItemSet {
    private static final int GOLDEN = 0x9E3779B9;

    /** Grown in few steps: each puts all in their places again. */
    private @Nullable String[] places = new String[64];

    private int size;

    /** Whether it was not there before. O(1) expected. */
    boolean add(String item) {
        if (2 * size >= places.length) {
            grow();
        }
        int place = placeOf(item);
        if (places[place] != null) {
            return false;
        }
        places[place] = item;
        size++;
        return true;
    }

    private int placeOf(String item) {
        int mask = places.length - 1;
        int place = (item.hashCode() * GOLDEN) >>> Integer.numberOfLeadingZeros(mask);
        String found = places[place];
        while (found != null && !found.equals(item)) {
            place = (place + 1) & mask;
            found = places[place];
        }
        return place;
    }

    private void grow() {
        @Nullable String[] before = places;
        places = new String[4 * before.length];
        for (String item : before) {
            if (item != null) {
                places[placeOf(item)] = item;
            }
        }
    }
}
