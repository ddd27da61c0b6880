package dev.millrace.learner.factor;

import java.util.random.RandomGenerator;

/**
 * r̂ = μ + b_u + b_i + p_u·q_i (Koren, Bell, Volinsky 2009). Rows are as long as whole vectors of {@value #LANES} floats,
 * filled up with zeros, which stay zeros.
 *
 * @param users [users, stride], in the order of {@code userPlaces}
 * @param userPlaces where each user's row is
 */
@SuppressWarnings("ArrayRecordComponent") // computed with, never compared
public record Factors(
        int rank,
        int stride,
        float mean,
        float[] users,
        float[] items,
        float[] userBiases,
        float[] itemBiases,
        int[] userPlaces,
        int[] itemPlaces) {
    static final int LANES = 16;

    /** Drawn so that p·q has a standard deviation of about 0.1 at first. */
    static Factors draw(int rank, float mean, int[] userPlaces, int[] itemPlaces, RandomGenerator random) {
        int stride = Math.ceilDiv(rank, LANES) * LANES;
        double width = 2 * Math.sqrt(3 * 0.1 / Math.sqrt(rank));
        float[] users = new float[userPlaces.length * stride];
        float[] items = new float[itemPlaces.length * stride];
        for (float[] rows : new float[][] {users, items}) {
            for (int row = 0; row < rows.length; row += stride) {
                for (int f = 0; f < rank; f++) {
                    rows[row + f] = (float) ((random.nextFloat() - 0.5) * width);
                }
            }
        }
        return new Factors(
                rank,
                stride,
                mean,
                users,
                items,
                new float[userPlaces.length],
                new float[itemPlaces.length],
                userPlaces,
                itemPlaces);
    }

    public float predict(int user, int item) {
        int u = userPlaces[user];
        int i = itemPlaces[item];
        float sum = mean + userBiases[u] + itemBiases[i];
        for (int f = 0; f < rank; f++) {
            sum += users[u * stride + f] * items[i * stride + f];
        }
        return sum;
    }
}
