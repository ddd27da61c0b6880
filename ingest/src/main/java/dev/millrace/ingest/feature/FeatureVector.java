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

    /** Becomes the first {@code count} of these, which are not copied. */
    void wrap(long[] itsIds, float[] itsValues, int count) {
        ids = itsIds;
        values = itsValues;
        size = count;
    }

    /** Appends an item's own features. */
    void addAll(HashedItem item) {
        int count = item.features();
        int at = appendOnes(count);
        long[] packed = item.packed();
        System.arraycopy(packed, 0, ids, at, count);
        for (int i = 0; i < count && !item.ones(); i++) {
            values[at + i] = Float.intBitsToFloat((int) packed[count + i]);
        }
    }

    /**
     * Appends features of value 1, whose ids are to be written.
     *
     * @return place of the first
     */
    int appendOnes(int count) {
        int first = size;
        if (first + count > ids.length) {
            int room = Math.max(first + count, first * 2);
            ids = Arrays.copyOf(ids, room);
            values = Arrays.copyOf(values, room);
        }
        Arrays.fill(values, first, first + count, 1f);
        size = first + count;
        return first;
    }

    public int size() {
        return size;
    }

    /** Its values beside {@link #ids}. */
    public float[] values() {
        return values;
    }

    /** Its ids from 0 to {@link #size}, to be read at once: another array after the next feature that is added. */
    public long[] ids() {
        return ids;
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
