package dev.millrace.ps.serve;

/** The keys of one read that memory does not hold, and where their weights go. Belongs to one thread. */
final class MissingKeys {
    private final long[] keys;
    private final int[] at;
    private int size;

    MissingKeys(int most) {
        keys = new long[most];
        at = new int[most];
    }

    void clear() {
        size = 0;
    }

    void add(long key, int place) {
        keys[size] = key;
        at[size++] = place;
    }

    int size() {
        return size;
    }

    long[] keys() {
        return keys;
    }

    long key(int i) {
        return keys[i];
    }

    /** Where in the read the i-th is. */
    int at(int i) {
        return at[i];
    }
}
