package dev.millrace.learner.bench;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Rows of the shape of Criteo's display advertising data: a label, 13 numbers, 26 categories of its cardinalities, whose
 * values follow a Zipf law; the label from a hidden linear model. The same seed gives the same rows.
 */
final class CriteoLike {
    static final int NUMBERS = 13;
    static final int CATEGORIES = 26;
    static final long SEED = 20261122;

    private static final int[] CARDINALITIES = {
        1461, 584, 10131227, 2202608, 306, 24, 12518, 634, 4, 93146, 5684, 8351593, 3195, 28, 14993, 5461306, 11, 5653,
        2173, 4, 7046547, 18, 16, 286181, 105, 142572
    };
    private static final double EXPONENT = 1.15;
    private static final double BIAS = -1.6;

    private final SplittableRandom random;
    private final double[] numbers = new double[NUMBERS];
    private final int[] categories = new int[CATEGORIES];

    CriteoLike(long seed) {
        random = new SplittableRandom(seed);
    }

    /** FTRL as Vowpal Wabbit is told to do it too. */
    static ModelSpec spec(boolean audit) {
        StringBuilder yaml = new StringBuilder("""
                model: criteo
                objective: logistic
                labels: {click: 1, skip: 0}
                rewardWindow: 5s
                slots:
                """);
        for (int i = 1; i <= NUMBERS; i++) {
            yaml.append("  i")
                    .append(i)
                    .append(": {type: number, from: item.i")
                    .append(i)
                    .append("}\n");
        }
        for (int i = 1; i <= CATEGORIES; i++) {
            yaml.append("  c")
                    .append(i)
                    .append(": {type: category, from: item.c")
                    .append(i)
                    .append("}\n");
        }
        yaml.append("optimizer: {type: ftrl, alpha: ")
                .append(ALPHA)
                .append(", beta: ")
                .append(BETA);
        yaml.append(", l1: 0, l2: 0}\npolicies: {audit: ").append(audit).append("}\n");
        return SpecReader.parse("criteo", yaml.toString());
    }

    static final double ALPHA = 0.05;
    static final double BETA = 1;

    /** @return the label */
    int next() {
        double logit = BIAS;
        for (int i = 0; i < NUMBERS; i++) {
            // A skewed count, as its logarithm, with three digits.
            double count = Math.floor(Math.exp(random.nextDouble() * random.nextDouble() * (3 + i % 5)) - 1);
            numbers[i] = Math.rint(Math.log1p(count) * 1000) / 1000;
            logit += numbers[i] * weight(100 + i, 0) * 0.5;
        }
        for (int c = 0; c < CATEGORIES; c++) {
            categories[c] = zipf(CARDINALITIES[c]);
            logit += weight(c, categories[c]) * 0.45;
        }
        return random.nextDouble() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    }

    /** By inversion of the continuous law: rank 0 the most frequent. */
    private int zipf(int n) {
        double u = random.nextDouble();
        double power = 1 - EXPONENT;
        double rank = Math.pow(u * (Math.pow(n + 1.0, power) - 1) + 1, 1 / power);
        return (int) Math.min(n - 1, Math.floor(rank) - 1);
    }

    /** Of the hidden model, in −1..1, triangular. */
    private static double weight(int field, int value) {
        long h = mix(field * 0x9E3779B97F4A7C15L + value);
        return ((h >>> 40) + ((h >>> 16) & 0xFFFFFF)) / (double) (1 << 24) - 1;
    }

    private static long mix(long x) {
        long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Vowpal Wabbit's text: a namespace a column. */
    static void writeVw(Path file, int rows) throws IOException {
        CriteoLike data = new CriteoLike(SEED);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            StringBuilder line = new StringBuilder();
            for (int r = 0; r < rows; r++) {
                line.setLength(0);
                line.append(data.next() == 1 ? "1" : "-1");
                for (int i = 0; i < NUMBERS; i++) {
                    line.append(" |i").append(i + 1).append(" v:").append(data.number(i));
                }
                for (int c = 0; c < CATEGORIES; c++) {
                    line.append(" |c").append(c + 1).append(' ').append(data.category(c));
                }
                out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    /** CSV with a header line. */
    static void writeCsv(Path file, int rows, long seed) throws IOException {
        CriteoLike data = new CriteoLike(seed);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            StringBuilder line = new StringBuilder("label");
            for (int i = 0; i < NUMBERS; i++) {
                line.append(",i").append(i + 1);
            }
            for (int c = 0; c < CATEGORIES; c++) {
                line.append(",c").append(c + 1);
            }
            for (int r = -1; r < rows; r++) {
                if (r >= 0) {
                    line.setLength(0);
                    line.append(data.next());
                    for (int i = 0; i < NUMBERS; i++) {
                        line.append(',').append(data.number(i));
                    }
                    for (int c = 0; c < CATEGORIES; c++) {
                        line.append(',').append(data.category(c));
                    }
                }
                out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private String number(int i) {
        double value = numbers[i];
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    /** Eight hexadecimal digits, as in Criteo's. */
    private String category(int c) {
        String hex = Long.toHexString(mix((c + 1) * 0x632BE59BD9B4E019L + categories[c]) >>> 32);
        return "0".repeat(8 - hex.length()) + hex;
    }
}
