package dev.millrace.ps.network;

import java.util.Arrays;

/**
 * Outputs of a model's heads: z_h = a_h·s + t_h + b_h, where s is what all other parts and the wide weights sum up to, the
 * same for every head, and t_h the head's own sum over the perceptron's last layer. Parameters: a [heads], which begin at
 * 1; b [heads], which begin at 0. One thread.
 */
final class HeadMix {
    private final int heads;
    private final int at;

    HeadMix(int heads, int at) {
        this.heads = heads;
        this.at = at;
    }

    int parameters() {
        return 2 * heads;
    }

    void initialize(float[] dense) {
        Arrays.fill(dense, at, at + heads, 1f);
        Arrays.fill(dense, at + heads, at + 2 * heads, 0f);
    }

    /** What a unit of s is to a head. */
    float factor(int head, float[] dense) {
        return dense[at + head];
    }

    /** After the parts have summed s up, and t. */
    void forward(Batch batch, float[] dense) {
        for (int i = 0; i < batch.size(); i++) {
            for (int head = 0; head < heads; head++) {
                int z = i * heads + head;
                batch.headOutputs[z] += Math.fma(dense[at + head], batch.outputs[i], dense[at + heads + head]);
            }
        }
    }

    /** Before the parts': from the heads' gradients to that of s. */
    void backward(Batch batch, float[] dense, float[] gradient) {
        Arrays.fill(gradient, at, at + 2 * heads, 0f);
        for (int i = 0; i < batch.size(); i++) {
            float shared = 0;
            for (int head = 0; head < heads; head++) {
                float dz = batch.headGradients[i * heads + head];
                shared = Math.fma(dense[at + head], dz, shared);
                gradient[at + head] = Math.fma(dz, batch.outputs[i], gradient[at + head]);
                gradient[at + heads + head] += dz;
            }
            batch.outputGradients[i] = shared;
        }
    }
}
