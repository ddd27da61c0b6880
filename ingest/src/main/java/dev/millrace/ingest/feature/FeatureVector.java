package dev.millrace.ingest.feature;

import java.util.Arrays;

/** A sparse vector: ids and values side by side, growing, reused between items. Order matters: scores sum in it. */
public final class FeatureVector {
    private long[] ids;
    private float[] values;
    private int size;

    public FeatureVector() {
        this(new long[32], new float[32], 0);
    }

    private FeatureVector(long[] ids, float[] values, int size) {
        this.ids = ids;
        this.values = values;
        this.size = size;
    }

    public void add(long id, float value) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, Math.max(4, size * 2));
            values = Arrays.copyOf(values, Math.max(4, size * 2));
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

    /** One of its own, of the same features. */
    public FeatureVector copy() {
        return new FeatureVector(Arrays.copyOf(ids, size), Arrays.copyOf(values, size), size);
    }

    /** Writes its features to {@code at} and behind it, where there must be room. */
    public void copyTo(long[] toIds, float[] toValues, int at) {
        System.arraycopy(ids, 0, toIds, at, size);
        System.arraycopy(values, 0, toValues, at, size);
    }

    /** Cuts back to the first {@code size} features: the shared part stays while items come and go. */
    public void truncate(int size) {
        this.size = Math.min(this.size, size);
    }

    public void clear() {
        size = 0;
    }
}
