package dev.millrace.ingest.feature;

import java.util.Arrays;

/**
 * A sparse vector: ids and values side by side, growing, reused between items. Order matters: scores sum in it. While all
 * values are 1, as of categories and crosses, none is written.
 */
public final class FeatureVector {
    private long[] ids;
    /** Of as many as there are, once one of them is not 1. */
    private float[] values;

    private int size;
    private boolean ones;

    public FeatureVector() {
        this(new long[32], new float[32], 0, true);
    }

    private FeatureVector(long[] ids, float[] values, int size, boolean ones) {
        this.ids = ids;
        this.values = values;
        this.size = size;
        this.ones = ones;
    }

    public void add(long id, float value) {
        if (size == ids.length) {
            grow(Math.max(4, size * 2));
        }
        if (value != 1f && ones) {
            writeOnes();
        }
        ids[size] = id;
        if (!ones) {
            values[size] = value;
        }
        size++;
    }

    private void grow(int room) {
        ids = Arrays.copyOf(ids, room);
        values = Arrays.copyOf(values, room);
    }

    private void writeOnes() {
        Arrays.fill(values, 0, size, 1f);
        ones = false;
    }

    /** Becomes the first {@code count} of these, which are not copied. */
    void wrap(long[] itsIds, float[] itsValues, int count) {
        ids = itsIds;
        values = itsValues;
        size = count;
        ones = false;
    }

    /** Appends an item's own features. */
    void addAll(HashedItem item) {
        int count = item.features();
        if (!item.ones() && ones) {
            writeOnes();
        }
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
            grow(Math.max(first + count, first * 2));
        }
        if (!ones) {
            Arrays.fill(values, first, first + count, 1f);
        }
        size = first + count;
        return first;
    }

    public int size() {
        return size;
    }

    /** Whether all values are known to be 1. */
    public boolean areOnes() {
        return ones;
    }

    /** Its values beside {@link #ids}, written now while all are 1, O({@link #size}): for the vector's own thread. */
    public float[] values() {
        if (ones) {
            writeOnes();
        }
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
        return ones ? 1f : values[i];
    }

    /** One of its own, of the same features. */
    public FeatureVector copy() {
        return new FeatureVector(Arrays.copyOf(ids, size), Arrays.copyOf(values, size), size, ones);
    }

    /** Writes its features to {@code at} and behind it, where there must be room. */
    public void copyTo(long[] toIds, float[] toValues, int at) {
        System.arraycopy(ids, 0, toIds, at, size);
        if (ones) {
            Arrays.fill(toValues, at, at + size, 1f);
        } else {
            System.arraycopy(values, 0, toValues, at, size);
        }
    }

    /** Cuts back to the first {@code size} features: the shared part stays while items come and go. */
    public void truncate(int size) {
        this.size = Math.min(this.size, size);
    }

    public void clear() {
        size = 0;
        ones = true;
    }
}
