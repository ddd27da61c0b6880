package dev.millrace.ingest.feature;

import java.util.Arrays;

/** A sparse vector: ids and values side by side, growing, reused between items. Order matters: scores sum in it. */
public final class FeatureVector {
    private long[] ids = new long[32];
    private float[] values = new float[32];
    private int size;

    public void add(long id, float value) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        ids[size] = id;
        values[size++] = value;
    }

    public int size() {
        return size;
    }

    public long id(int i) {
        return ids[i];
    }

    public float value(int i) {
        return values[i];
    }

    /** Cuts back to the first {@code size} features: the shared part stays while items come and go. */
    public void truncate(int size) {
        this.size = Math.min(this.size, size);
    }

    public void clear() {
        size = 0;
    }
}
