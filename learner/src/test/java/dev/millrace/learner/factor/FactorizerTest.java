package dev.millrace.learner.factor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactorizerTest {
    private static final int USERS = 600;
    private static final int ITEMS = 400;
    private static final int RANK = 6;
    private static final float[] STARS = {1, 2, 3, 4, 5};

    @TempDir
    Path dir;

    private Path ratings = Path.of("");
    private final float[][] p = new float[USERS][RANK];
    private final float[][] q = new float[ITEMS][RANK];

    @BeforeEach
    void write() throws IOException {
        Random random = new Random(4);
        ratings = dir.resolve("ratings.bin");
        fill(p, random, 0.8);
        fill(q, random, 0.8);
        try (RatingFile.Writer writer = new RatingFile.Writer(ratings, USERS, ITEMS, STARS)) {
            for (int r = 0; r < 60_000; r++) {
                int user = random.nextInt(USERS);
                int item = random.nextInt(ITEMS);
                writer.add(user, item, level(user, item, random));
            }
        }
    }

    private static void fill(float[][] rows, Random random, double deviation) {
        for (float[] row : rows) {
            for (int f = 0; f < row.length; f++) {
                row[f] = (float) (deviation * random.nextGaussian());
            }
        }
    }

    private int level(int user, int item, Random random) {
        double value = 3 + 0.2 * random.nextGaussian();
        for (int f = 0; f < RANK; f++) {
            value += 0.7 * p[user][f] * q[item][f];
        }
        return (int) Math.clamp(Math.round(value) - 1, 0, 4);
    }

    private static Factorizer.Config config(int threads) {
        return new Factorizer.Config(32, 15, 0.04f, 0.95f, 0.03f, 0.2, threads, 9, true);
    }

    @Test
    void learnsAsWellAsTheTextbook() throws IOException {
        try (RatingFile file = RatingFile.open(ratings)) {
            Factorizer.Result result = new Factorizer(config(2)).run(file);
            double plain = new PlainFactorizer(config(1)).run(file);
            assertEquals(60_000, result.learned() + result.heldOut());
            assertTrue(result.rmse().getLast() <= plain * 1.005, result.rmse() + ", plain " + plain);
            assertTrue(
                    result.rmse().getLast() < 0.75 * result.rmse().getFirst(),
                    result.rmse().toString());
        }
    }

    @Test
    void threadsAndKernelsMakeNoDifference() throws IOException {
        try (RatingFile file = RatingFile.open(ratings)) {
            Factorizer.Result one = new Factorizer(config(1)).run(file);
            Factorizer.Result three = new Factorizer(config(3)).run(file);
            assertArrayEquals(one.factors().users(), three.factors().users());
            assertArrayEquals(one.factors().itemBiases(), three.factors().itemBiases());
            Factorizer.Result plain = new Factorizer(config(2), new PlainKernel()).run(file);
            assertEquals(one.rmse().getLast(), plain.rmse().getLast(), 1e-3);
        }
    }

    @Test
    void aNewUserIsFoldedInAtOnce() throws IOException {
        try (RatingFile file = RatingFile.open(ratings)) {
            Factors factors = new Factorizer(config(2)).run(file).factors();
            Random random = new Random(5);
            double folded = 0;
            double biases = 0;
            int n = 0;
            for (int user = 0; user < 50; user++) {
                int[] first = random.ints(25, 0, ITEMS).toArray();
                float[] q = new float[first.length * factors.rank()];
                float[] residuals = new float[first.length];
                for (int i = 0; i < first.length; i++) {
                    int place = factors.itemPlaces()[first[i]];
                    System.arraycopy(factors.items(), place * factors.stride(), q, i * factors.rank(), factors.rank());
                    residuals[i] = level(user, first[i], random) + 1 - factors.mean() - factors.itemBiases()[place];
                }
                float[] x = FoldIn.solve(q, residuals, factors.rank(), 0.03);
                for (int t = 0; t < 40; t++) {
                    int item = random.nextInt(ITEMS);
                    int place = factors.itemPlaces()[item];
                    float truth = level(user, item, random) + 1;
                    double base = factors.mean() + factors.itemBiases()[place];
                    double predicted = base + x[factors.rank()];
                    for (int f = 0; f < factors.rank(); f++) {
                        predicted += x[f] * factors.items()[place * factors.stride() + f];
                    }
                    folded += (truth - predicted) * (truth - predicted);
                    biases += (truth - base) * (truth - base);
                    n++;
                }
            }
            assertTrue(folded < 0.5 * biases, Math.sqrt(folded / n) + " folded in, " + Math.sqrt(biases / n));
        }
    }

    @Test
    void readsTheCommittedFileOfVersion1() throws IOException {
        Path fossil = Path.of("src/test/resources/dev/millrace/learner/factor/ratings-v1.bin");
        Path again = dir.resolve("again.bin");
        try (RatingFile.Writer writer = new RatingFile.Writer(again, 3, 2, STARS)) {
            writer.add(0, 1, 4);
            writer.add(2, 0, 0);
            writer.add(1, 1, 2);
        }
        assertArrayEquals(Files.readAllBytes(again), Files.readAllBytes(fossil));
        try (RatingFile file = RatingFile.open(fossil)) {
            assertEquals(3, file.ratings());
            assertEquals(3, file.users());
            assertEquals(2, file.items());
            assertArrayEquals(STARS, file.levels());
        }
    }

    @Test
    void aFileThatIsCutShortIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(ratings);
        Files.write(ratings, java.util.Arrays.copyOf(bytes, bytes.length - 5));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> RatingFile.open(ratings));
        assertTrue(String.valueOf(e.getMessage()).contains("cut short"), e::getMessage);
        Files.writeString(ratings, "user,item,rating\n1,2,3\n and more of that text, so that it is long enough");
        assertThrows(IllegalArgumentException.class, () -> RatingFile.open(ratings));
    }
}
