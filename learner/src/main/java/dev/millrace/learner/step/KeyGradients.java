package dev.millrace.learner.step;

import java.util.Arrays;

/**
 * Weight and vector of each key of a minibatch, by its number, and the gradients that its samples leave there. Sums of
 * floats in the samples' order, so the same samples give the same bits. Reused; one thread.
 */
public final class KeyGradients {
    private final int dim;
    private final int width;
    float[] values = {};
    float[] gradients = {};
    float[] sums = {};
    float[] squares = {};
    long[] idSums = {};
    int[] samples = {};
    int[] seconds = {};

    /** @param dim floats of a vector */
    public KeyGradients(int dim) {
        this.dim = dim;
        width = 1 + dim;
    }

    /** Makes room for so many keys, without gradients; values are to be written. */
    public void begin(int keys) {
        if (sums.length < keys) {
            int room = Math.max(1024, Integer.highestOneBit(keys) * 2);
            values = new float[room * width];
            gradients = new float[room * dim];
            sums = new float[room];
            squares = new float[room];
            idSums = new long[room];
            samples = new int[room];
            seconds = new int[room];
        }
        Arrays.fill(gradients, 0, keys * dim, 0f);
        Arrays.fill(sums, 0, keys, 0f);
        Arrays.fill(squares, 0, keys, 0f);
        Arrays.fill(idSums, 0, keys, 0);
        Arrays.fill(samples, 0, keys, 0);
        Arrays.fill(seconds, 0, keys, 0);
    }

    /** Weight and vector of each key: those of number n begin at n·(1 + dim). */
    public float[] values() {
        return values;
    }

    /** A sample's gradient of a key's weight. */
    void learn(int number, float gradient, long sampleId, int second) {
        sums[number] += gradient;
        squares[number] = Math.fma(gradient, gradient, squares[number]);
        idSums[number] += sampleId;
        samples[number]++;
        seconds[number] = Integer.compareUnsigned(seconds[number], second) < 0 ? second : seconds[number];
    }

    /** {@code x · from[at ..] + own · v} to the gradient of a key's vector v. */
    void addGradient(int number, float x, float[] from, int at, float own) {
        int to = number * dim;
        int vector = number * width + 1;
        for (int f = 0; f < dim; f++) {
            gradients[to + f] = Math.fma(x, from[at + f], Math.fma(own, values[vector + f], gradients[to + f]));
        }
    }

    /** Σg of a key's weight. */
    public float sum(int number) {
        return sums[number];
    }

    /** Σg². */
    public float squares(int number) {
        return squares[number];
    }

    /** Samples that learned the key. */
    public int samples(int number) {
        return samples[number];
    }

    public long idSum(int number) {
        return idSums[number];
    }

    /** Event second of the latest of them. */
    public int second(int number) {
        return seconds[number];
    }

    /** Σg of the vectors: those of number n begin at n·dim. */
    public float[] gradients() {
        return gradients;
    }
}
