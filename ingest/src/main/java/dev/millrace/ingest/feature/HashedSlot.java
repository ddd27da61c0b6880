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
