package dev.millrace.ps.network;

import java.util.random.RandomGenerator;

/** Something that a network adds to its output. Its parameters lie in an array of all layers. Belongs to one thread. */
interface Part {
    /** How many. */
    int parameters();

    /** Draws them. */
    void initialize(float[] dense, RandomGenerator random);

    /** Adds to each sample's output. */
    void forward(Batch batch, float[] dense);

    /**
     * After {@link #forward} of the same batch: adds to its embedded gradients.
     *
     * @param gradient of the parameters, receives the sum over the samples in place of what was there
     */
    void backward(Batch batch, float[] dense, float[] gradient);
}
