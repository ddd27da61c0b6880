package dev.millrace.ingest.feature;

import java.util.Arrays;

/** The values of one slot in one request or item, hashed: what crosses are made from. */
final class HashedSlot {
    private long[] hashes = new long[4];
    private float[] values = new float[4];
    private int size;

    void add(long hash, float value) {
        if (size == hashes.length) {
            hashes = Arrays.copyOf(hashes, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        hashes[size] = hash;
        values[size++] = value;
    }

    /**
     * Becomes what stands in {@code packed}: a count, and hashes of the value 1.
     *
     * @return what stands behind it
     */
    int unpack(long[] packed, int from) {
        int count = (int) packed[from];
        if (hashes.length < count) {
            hashes = new long[count];
            values = new float[count];
        }
        System.arraycopy(packed, from + 1, hashes, 0, count);
        Arrays.fill(values, 0, count, 1f);
        size = count;
        return from + 1 + count;
    }

    /** Whether all values are 1. */
    boolean ones() {
        for (int i = 0; i < size; i++) {
            if (values[i] != 1f) {
                return false;
            }
        }
        return true;
    }

    boolean has(long hash) {
        for (int i = 0; i < size; i++) {
            if (hashes[i] == hash) {
                return true;
            }
        }
        return false;
    }

    int size() {
        return size;
    }

    long hash(int i) {
        return hashes[i];
    }

    float value(int i) {
        return values[i];
    }

    void clear() {
        size = 0;
    }
}
