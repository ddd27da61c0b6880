package dev.millrace.learner.factor;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stochastic gradient descent over strata of blocks: the blocks of a diagonal share no user and no item, so threads take
 * them side by side without a lock, and their number makes no difference (Gemulla et al. 2011), but for the last bits,
 * which depend on how the JVM has compiled a sum of lanes. The rate falls by a factor with each epoch.
 */
public final class Factorizer {
    /**
     * @param rank floats of a factor
     * @param epochs passes over the ratings
     * @param rate of the first epoch
     * @param decay of the rate with each epoch
     * @param ridge λ, of factors and biases
     * @param heldOut share of the ratings that is not learned, but predicted at the end, 0 to less than 1
     * @param threads that learn
     * @param eachEpoch whether held-out ratings are predicted after each epoch, not only at the end
     */
    public record Config(
            int rank,
            int epochs,
            float rate,
            float decay,
            float ridge,
            double heldOut,
            int threads,
            long seed,
            boolean eachEpoch) {
        public Config {
            if (rank < 1 || epochs < 1 || !(rate > 0) || !(decay > 0) || ridge < 0 || threads < 1) {
                throw new IllegalArgumentException(
                        "rank, epochs, rate, decay and threads must be above 0, ridge at least 0");
            }
            if (!(heldOut >= 0 && heldOut < 1)) {
                throw new IllegalArgumentException("heldOut must be from 0 to less than 1");
            }
        }

        /** What reached the best held-out error soonest. */
        public static Config defaults() {
            return new Config(
                    32, 12, 0.06f, 0.8f, 0.05f, 0.2, Runtime.getRuntime().availableProcessors(), 1, false);
        }

        /** Whether the rating of this number in its file is one that is held out. */
        boolean holdsOut(long rating) {
            long x = (rating + seed) * 0x9E3779B97F4A7C15L;
            x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
            return ((x ^ (x >>> 27)) >>> 11) * 0x1p-53 < heldOut;
        }

        public Config withThreads(int many) {
            return new Config(rank, epochs, rate, decay, ridge, heldOut, many, seed, eachEpoch);
        }
    }

    /**
     * @param rmse root mean square error over the ratings held out, after each epoch or at the end; empty: none held out
     * @param prepareNs reading and packing
     * @param epochNs each epoch's
     */
    public record Result(
            Factors factors, List<Double> rmse, long learned, long heldOut, long prepareNs, List<Long> epochNs) {
        public Result {
            rmse = List.copyOf(rmse);
            epochNs = List.copyOf(epochNs);
        }
    }

    private final Config config;
    private final Kernel kernel;

    public Factorizer(Config config) {
        this(config, Kernel.best());
    }

    Factorizer(Config config, Kernel kernel) {
        this.config = config;
        this.kernel = kernel;
    }

    public Result run(RatingFile file) {
        try (Team team = new Team(config.threads())) {
            return run(file, team);
        }
    }

    private Result run(RatingFile file, Team team) {
        long beginNs = System.nanoTime();
        SplittableRandom random = new SplittableRandom(config.seed());
        Strata train = Strata.of(file, i -> !config.holdsOut(i), null, team, random.split());
        Strata test = Strata.of(file, config::holdsOut, train, team, random.split());
        float mean = mean(train, file.levels());
        Factors factors = Factors.draw(config.rank(), mean, train.userPlaces, train.itemPlaces, random.split());
        float[] values = file.levels();
        for (int i = 0; i < values.length; i++) {
            values[i] -= mean;
        }
        long preparedNs = System.nanoTime();
        List<Double> rmse = new ArrayList<>();
        List<Long> epochNs = new ArrayList<>();
        float rate = config.rate();
        for (int epoch = 0; epoch < config.epochs(); epoch++) {
            long startNs = System.nanoTime();
            epoch(train, factors, values, rate, team);
            epochNs.add(System.nanoTime() - startNs);
            rate *= config.decay();
            if (test.size() > 0 && (config.eachEpoch() || epoch == config.epochs() - 1)) {
                rmse.add(rmse(test, factors, values, team));
            }
        }
        return new Result(factors, rmse, train.size(), test.size(), preparedNs - beginNs, epochNs);
    }

    private static float mean(Strata strata, float[] levels) {
        long[] counts = new long[strata.levelMask + 1];
        for (int rating : strata.packed) {
            counts[rating & strata.levelMask]++;
        }
        double sum = 0;
        for (int level = 0; level < levels.length; level++) {
            sum += (double) counts[level] * levels[level];
        }
        return (float) (sum / Math.max(1, strata.size()));
    }

    private void epoch(Strata strata, Factors factors, float[] values, float rate, Team team) {
        int grid = strata.grid;
        Rounds rounds = new Rounds(grid, team.size());
        team.run(worker -> {
            try {
                for (int round = 0; round < grid; round++) {
                    for (int row = rounds.next(round); row < grid; row = rounds.next(round)) {
                        int column = (row + round) % grid;
                        kernel.learn(strata, row * grid + column, factors, values, rate, config.ridge());
                    }
                    rounds.await(round);
                }
            } catch (RuntimeException | Error e) {
                rounds.breakUp();
                throw e;
            }
        });
    }

    private double rmse(Strata strata, Factors factors, float[] values, Team team) {
        double[] sums = new double[strata.grid * strata.grid];
        AtomicInteger next = new AtomicInteger();
        team.run(worker -> {
            for (int b = next.getAndIncrement(); b < sums.length; b = next.getAndIncrement()) {
                sums[b] = kernel.squaredErrors(strata, b, factors, values);
            }
        });
        double sum = 0;
        for (double one : sums) {
            sum += one;
        }
        return Math.sqrt(sum / strata.size());
    }
}
