package dev.millrace.deploy.bench;

import dev.millrace.learner.factor.RatingFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Generated ratings of the shape of MovieLens-20M: users of very different activity (at least 20 ratings), items of very
 * different popularity, half stars from 0.5 to 5 of r = μ + b_u + b_i + p·q + noise, rounded. User by user, as that file
 * is.
 */
final class RatingWorld {
    static final int USERS = 138_493;
    static final int ITEMS = 26_744;
    static final long RATINGS = 20_000_263;

    private static final int RANK = 12;
    private static final float[] STARS = {0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 4.5f, 5};
    private static final int LEAST = 20;
    private static final int MOST = 9_000;

    private final SplittableRandom random;
    private final double[] popularity;
    private final float[] itemBiases;
    private final float[] tastes;

    private RatingWorld(int items, long seed) {
        random = new SplittableRandom(seed);
        popularity = new double[items];
        itemBiases = new float[items];
        tastes = new float[items * RANK];
        double sum = 0;
        for (int i = 0; i < items; i++) {
            sum += Math.exp(1.9 * random.nextGaussian());
            popularity[i] = sum;
            itemBiases[i] = (float) (0.45 * random.nextGaussian());
        }
        draw(tastes, 1);
    }

    private void draw(float[] to, double deviation) {
        for (int i = 0; i < to.length; i++) {
            to[i] = (float) (deviation * random.nextGaussian());
        }
    }

    static void write(Path path, int users, int items, long ratings, long seed) throws IOException {
        RatingWorld world = new RatingWorld(items, seed);
        int[] counts = world.counts(users, items, ratings);
        try (RatingFile.Writer writer = new RatingFile.Writer(path, users, items, STARS)) {
            for (int user = 0; user < users; user++) {
                world.write(writer, user, counts[user]);
            }
        }
    }

    /** How many ratings each user gives, their sum as asked for. */
    private int[] counts(int users, int items, long ratings) {
        int[] counts = new int[users];
        int most = Math.min(MOST, items / 3);
        double mean = (double) ratings / users;
        long sum = 0;
        for (int u = 0; u < users; u++) {
            double drawn = LEAST + (mean - LEAST) * Math.exp(1.3 * random.nextGaussian() - 0.845);
            counts[u] = (int) Math.clamp(Math.round(drawn), 1, most);
            sum += counts[u];
        }
        for (int u = 0; sum != ratings; u = (u + 1) % users) {
            int change = (int) Math.clamp(ratings - sum, -1, 1);
            if (counts[u] + change >= 1 && counts[u] + change <= most) {
                counts[u] += change;
                sum += change;
            }
        }
        return counts;
    }

    private void write(RatingFile.Writer writer, int user, int count) throws IOException {
        BitSet seen = new BitSet(popularity.length);
        float[] taste = new float[RANK];
        draw(taste, 0.55 / Math.sqrt(RANK));
        double bias = 3.5 + 0.42 * random.nextGaussian();
        for (int r = 0; r < count; r++) {
            int item = item();
            while (seen.get(item)) {
                item = item();
            }
            seen.set(item);
            double value = bias + itemBiases[item] + 0.78 * random.nextGaussian();
            for (int f = 0; f < RANK; f++) {
                value += taste[f] * tastes[item * RANK + f];
            }
            writer.add(user, item, (int) Math.clamp(Math.round(value * 2) - 1, 0, STARS.length - 1));
        }
    }

    private int item() {
        double at = random.nextDouble() * popularity[popularity.length - 1];
        int found = java.util.Arrays.binarySearch(popularity, at);
        return Math.min(found < 0 ? -found - 1 : found, popularity.length - 1);
    }
}
