package dev.millrace.learner.factor;

import java.util.SplittableRandom;

/**
 * The textbook (Koren, Bell, Volinsky 2009): one rating after the other in a random order, shuffled anew each epoch, plain
 * loops, one thread. What {@link Factorizer} is compared with; hundreds of times slower where memory is short.
 */
public final class PlainFactorizer {
    private final Factorizer.Config config;

    public PlainFactorizer(Factorizer.Config config) {
        this.config = config;
    }

    /** @return root mean square error of the ratings held out */
    public double run(RatingFile file) {
        SplittableRandom random = new SplittableRandom(config.seed() + 1);
        int n = Math.toIntExact(file.ratings());
        int[] user = new int[n];
        int[] item = new int[n];
        float[] value = new float[n];
        read(file, user, item, value);
        int[] train = numbers(n, false);
        int[] test = numbers(n, true);
        double mean = 0;
        for (int r : train) {
            mean += value[r] / train.length;
        }
        int rank = config.rank();
        float[] p = draw(file.users() * rank, rank, random);
        float[] q = draw(file.items() * rank, rank, random);
        float[] userBiases = new float[file.users()];
        float[] itemBiases = new float[file.items()];
        float rate = config.rate();
        for (int epoch = 0; epoch < config.epochs(); epoch++) {
            shuffle(train, random);
            for (int r : train) {
                int u = user[r];
                int i = item[r];
                float error =
                        value[r] - (float) mean - userBiases[u] - itemBiases[i] - dot(p, u * rank, q, i * rank, rank);
                userBiases[u] += rate * (error - config.ridge() * userBiases[u]);
                itemBiases[i] += rate * (error - config.ridge() * itemBiases[i]);
                for (int f = 0; f < rank; f++) {
                    float pf = p[u * rank + f];
                    float qf = q[i * rank + f];
                    p[u * rank + f] += rate * (error * qf - config.ridge() * pf);
                    q[i * rank + f] += rate * (error * pf - config.ridge() * qf);
                }
            }
            rate *= config.decay();
        }
        double sum = 0;
        for (int r : test) {
            double predicted =
                    mean + userBiases[user[r]] + itemBiases[item[r]] + dot(p, user[r] * rank, q, item[r] * rank, rank);
            sum += (value[r] - predicted) * (value[r] - predicted);
        }
        return Math.sqrt(sum / test.length);
    }

    private int[] numbers(int n, boolean heldOut) {
        return java.util.stream.IntStream.range(0, n)
                .filter(r -> config.holdsOut(r) == heldOut)
                .toArray();
    }

    private static void read(RatingFile file, int[] user, int[] item, float[] value) {
        float[] levels = file.levels();
        int[] u = new int[RatingFile.BLOCK];
        int[] i = new int[RatingFile.BLOCK];
        byte[] level = new byte[RatingFile.BLOCK];
        int at = 0;
        for (int block = 0; block < file.blocks(); block++) {
            int n = file.size(block);
            file.read(block, 0, n, u, i, level);
            System.arraycopy(u, 0, user, at, n);
            System.arraycopy(i, 0, item, at, n);
            for (int r = 0; r < n; r++) {
                value[at + r] = levels[level[r] & 0xFF];
            }
            at += n;
        }
    }

    private static float[] draw(int n, int rank, SplittableRandom random) {
        double width = 2 * Math.sqrt(3 * 0.1 / Math.sqrt(rank));
        float[] drawn = new float[n];
        for (int i = 0; i < n; i++) {
            drawn[i] = (float) ((random.nextDouble() - 0.5) * width);
        }
        return drawn;
    }

    private static void shuffle(int[] order, SplittableRandom random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
    }

    private static float dot(float[] p, int pAt, float[] q, int qAt, int rank) {
        float sum = 0;
        for (int f = 0; f < rank; f++) {
            sum += p[pAt + f] * q[qAt + f];
        }
        return sum;
    }
}
