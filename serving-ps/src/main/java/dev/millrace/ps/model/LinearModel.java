package dev.millrace.ps.model;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ingest.spec.Slot;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;

/**
 * Logistic regression: p = σ(Σ wᵢ·xᵢ), summed in the vector's order in float, so that whoever has the same vector and
 * weights gets the same bits. A standardized number enters as (x − mean)·scale, whose two rows are weights too: the
 * vector stays as it was logged. Immutable.
 */
public final class LinearModel {
    /** Beyond this many standard deviations a number counts as this many. */
    private static final float MAX_DEVIATIONS = 6f;

    private final long[] standardized;
    private final boolean logistic;

    /** Looks a weight up; 0 for a key without a row. */
    @FunctionalInterface
    public interface Weights {
        float weight(long key);
    }

    public LinearModel(ModelSpec spec) {
        logistic = spec.objective() == Objective.LOGISTIC;
        standardized = spec.slots().stream()
                .filter(Slot::standardize)
                .mapToLong(s -> FeatureIds.pack(FeatureIds.slot(s.name()), Vectorizer.NUMBER_VALUE))
                .toArray();
    }

    /** {@code start} plus the terms of features {@code from .. to-1}. */
    public float logit(FeatureVector vector, int from, int to, float start, Weights weights) {
        float z = start;
        for (int i = from; i < to; i++) {
            long id = vector.id(i);
            z += weights.weight(id) * input(id, vector.value(i), weights);
        }
        return z;
    }

    /**
     * The same with weights that were read before.
     *
     * @param weights of the vector's features, in its order
     * @param norms weights of {@link #normKeys}
     */
    public float logit(FeatureVector vector, int from, int to, float start, float[] weights, float[] norms) {
        float z = start;
        if (standardized.length == 0) {
            for (int i = from; i < to; i++) {
                z += weights[i] * vector.value(i);
            }
            return z;
        }
        for (int i = from; i < to; i++) {
            z += weights[i] * input(vector.id(i), vector.value(i), norms);
        }
        return z;
    }

    /**
     * {@link #logit} of items that follow each other: four at a time where they are equally long, since one sum waits for
     * each of its additions.
     *
     * @param ends end of each item's features
     * @param from where the first item's begin
     */
    public void logits(
            FeatureVector vector,
            int from,
            int[] ends,
            int items,
            float start,
            float[] weights,
            float[] norms,
            float[] to) {
        int item = 0;
        int at = from;
        while (item < items) {
            int length = ends[item] - at;
            if (standardized.length == 0
                    && item + 3 < items
                    && ends[item + 3] - at == 4 * length
                    && even(ends, item, length)) {
                if (vector.areOnes()) {
                    four(at, length, start, weights, to, item);
                } else {
                    four(vector.values(), at, length, start, weights, to, item);
                }
                item += 4;
            } else {
                to[item] = logit(vector, at, ends[item], start, weights, norms);
                item++;
            }
            at = ends[item - 1];
        }
    }

    private static void four(float[] values, int at, int length, float start, float[] weights, float[] to, int item) {
        float z0 = start;
        float z1 = start;
        float z2 = start;
        float z3 = start;
        for (int i = at; i < at + length; i++) {
            z0 += weights[i] * values[i];
            z1 += weights[i + length] * values[i + length];
            z2 += weights[i + 2 * length] * values[i + 2 * length];
            z3 += weights[i + 3 * length] * values[i + 3 * length];
        }
        to[item] = z0;
        to[item + 1] = z1;
        to[item + 2] = z2;
        to[item + 3] = z3;
    }

    /** The same of values that are all 1. */
    private static void four(int at, int length, float start, float[] weights, float[] to, int item) {
        float z0 = start;
        float z1 = start;
        float z2 = start;
        float z3 = start;
        for (int i = at; i < at + length; i++) {
            z0 += weights[i];
            z1 += weights[i + length];
            z2 += weights[i + 2 * length];
            z3 += weights[i + 3 * length];
        }
        to[item] = z0;
        to[item + 1] = z1;
        to[item + 2] = z2;
        to[item + 3] = z3;
    }

    private static boolean even(int[] ends, int item, int length) {
        return ends[item + 1] - ends[item] == length && ends[item + 2] - ends[item + 1] == length;
    }

    private float input(long id, float value, float[] norms) {
        for (int s = 0; s < standardized.length; s++) {
            if (standardized[s] == id) {
                return standardized(value, norms[2 * s], norms[2 * s + 1]);
            }
        }
        return value;
    }

    private static float standardized(float value, float mean, float scale) {
        return Math.clamp((value - mean) * scale, -MAX_DEVIATIONS, MAX_DEVIATIONS);
    }

    /** The rows of the standardized numbers: mean and scale of the first, of the second, … */
    public long[] normKeys() {
        long[] keys = new long[2 * standardized.length];
        for (int s = 0; s < standardized.length; s++) {
            int slot = FeatureIds.slotOf(standardized[s]);
            keys[2 * s] = FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN);
            keys[2 * s + 1] = FeatureIds.pack(slot, Vectorizer.NUMBER_SCALE);
        }
        return keys;
    }

    /** What a feature's value enters the sum as. */
    public float input(long id, float value, Weights weights) {
        if (!isStandardized(id)) {
            return value;
        }
        int slot = FeatureIds.slotOf(id);
        float mean = weights.weight(FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN));
        float scale = weights.weight(FeatureIds.pack(slot, Vectorizer.NUMBER_SCALE));
        return standardized(value, mean, scale);
    }

    /** Gives every key that the vector's features need a place of its own, in their order, where it has none yet. */
    public void places(FeatureVector vector, Long2IntOpenHashMap places) {
        for (int i = 0; i < vector.size(); i++) {
            long id = vector.id(i);
            places.putIfAbsent(id, places.size());
            if (isStandardized(id)) {
                int slot = FeatureIds.slotOf(id);
                places.putIfAbsent(FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN), places.size());
                places.putIfAbsent(FeatureIds.pack(slot, Vectorizer.NUMBER_SCALE), places.size());
            }
        }
    }

    /** Whether the feature is a number whose mean and scale are learned. */
    public boolean isStandardized(long id) {
        for (long key : standardized) {
            if (key == id) {
                return true;
            }
        }
        return false;
    }

    /** What a sum answers as: a probability, or, of a model of values, itself. */
    public float output(float z) {
        return logistic ? sigmoid(z) : z;
    }

    /** {@link #output} of each of the first {@code count} sums, in their place. */
    public void outputs(float[] sums, int count) {
        if (logistic) {
            Logistic.sigmoids(sums, count);
        }
    }

    /** {@link Logistic#sigmoid(double)} in float. */
    public static float sigmoid(float z) {
        return (float) Logistic.sigmoid(z);
    }
}
