package dev.millrace.join.match;

import java.util.Arrays;

/** A few 64-bit ids in order of arrival, at most {@code limit}; what comes beyond is not kept. Linear look-up. */
final class IdSet {
    private final int limit;
    private long[] ids;
    private int size;

    IdSet(int limit) {
        this(limit, new long[0]);
    }

    /** @param ids taken over */
    IdSet(int limit, long[] ids) {
        this.limit = limit;
        this.ids = ids;
        this.size = ids.length;
    }

    /** Whether the id was new; it is kept if there is room. */
    boolean add(long id) {
        for (int i = 0; i < size; i++) {
            if (ids[i] == id) {
                return false;
            }
        }
        if (size < limit) {
            if (size == ids.length) {
                ids = Arrays.copyOf(ids, Math.min(limit, Math.max(4, size * 2)));
            }
            ids[size++] = id;
        }
        return true;
    }

    int size() {
        return size;
    }

    long[] toArray() {
        return Arrays.copyOf(ids, size);
    }
}
