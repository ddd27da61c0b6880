package dev.millrace.deploy.bench;

import dev.millrace.learner.factor.Factorizer;
import dev.millrace.learner.factor.PlainFactorizer;
import dev.millrace.learner.factor.RatingFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Matrix factorization of MovieLens-20M's shape: the command as a process of its own, from its launch to its end; the same
 * for 30 epochs; and the plain textbook, which both are compared with.
 */
public final class FactorBench {
    private static final double MOST_SECONDS = 6;
    private static final double MOST_EPOCH_SECONDS = 0.25;
    private static final double NEAR = 1.005;
    private static final int LONG_RUN = 30;
    private static final float LONG_DECAY = 0.9f;
    private static final float LONG_RATE = 0.03f;
    private static final int RUNS = 3;

    private final Path home;
    private final Path folder;

    /** @param folder for the ratings */
    public FactorBench(Path home, Path folder) {
        this.home = home;
        this.folder = folder;
    }

    private record Run(double seconds, double rmse, double epochSeconds) {}

    public BenchReport run() throws IOException, InterruptedException {
        Path ratings = folder.resolve("ratings.bin");
        RatingWorld.write(ratings, RatingWorld.USERS, RatingWorld.ITEMS, RatingWorld.RATINGS, 1);
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            runs.add(factorize(ratings));
        }
        Run whole = runs.stream()
                .min((a, b) -> Double.compare(a.seconds(), b.seconds()))
                .orElseThrow();
        Run serial = factorize(ratings, "--threads", "1");
        double best;
        double plain;
        try (RatingFile file = RatingFile.open(ratings)) {
            Factorizer.Config thirty = longRun();
            best = new Factorizer(thirty).run(file).rmse().getLast();
            plain = new PlainFactorizer(thirty).run(file);
        }
        return new BenchReport(List.of(
                Figure.atMost("factors whole command", whole.seconds(), "s", MOST_SECONDS),
                Figure.atMost("factors epoch, median", whole.epochSeconds(), "s", MOST_EPOCH_SECONDS),
                Figure.atMost("factors rmse / of 30 epochs", whole.rmse() / best, "", NEAR),
                Figure.atMost("factors 30 epochs / plain", best / plain, "", NEAR),
                Figure.atMost("factors rmse, one thread − all", Math.abs(serial.rmse() - whole.rmse()), "", 1e-4),
                Figure.measured("factors rmse", whole.rmse(), ""),
                Figure.measured("factors rmse, 30 epochs", best, ""),
                Figure.measured("factors rmse, plain", plain, "")));
    }

    private static Factorizer.Config longRun() {
        Factorizer.Config d = Factorizer.Config.defaults();
        return new Factorizer.Config(
                d.rank(), LONG_RUN, LONG_RATE, LONG_DECAY, d.ridge(), d.heldOut(), d.threads(), d.seed(), false);
    }

    private Run factorize(Path ratings, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(home.resolve("deploy").resolve("millrace").toString(), "factorize", ratings.toString()));
        command.addAll(Arrays.asList(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("MILLRACE_SKIP_BUILD", "1");
        long startNs = System.nanoTime();
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        double rmse = Double.NaN;
        double epoch = Double.NaN;
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                if (words[0].equals("rmse")) {
                    rmse = Double.parseDouble(words[words.length - 1]);
                } else if (words[0].equals("epochs")) {
                    double[] epochs = Arrays.stream(words, 1, words.length - 1)
                            .mapToDouble(Double::parseDouble)
                            .sorted()
                            .toArray();
                    epoch = epochs[epochs.length / 2];
                }
            }
        }
        if (process.waitFor() != 0) {
            throw new IOException("millrace factorize failed");
        }
        return new Run((System.nanoTime() - startNs) / 1e9, rmse, epoch);
    }
}
