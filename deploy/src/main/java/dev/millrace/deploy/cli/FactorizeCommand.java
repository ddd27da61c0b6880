package dev.millrace.deploy.cli;

import dev.millrace.learner.factor.Factorizer;
import dev.millrace.learner.factor.RatingFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace factorize}. */
@Command(
        name = "factorize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Factorizes a file of ratings, all at once, and says how well it predicts those that it held out.",
        description = {
            "",
            "Biased matrix factorization by stochastic gradient descent over blocks that share no user and no item:"
                    + " the number of threads makes no difference.",
            "",
            "Exit code 0: done; 1: the file is no file of ratings."
        })
final class FactorizeCommand implements Callable<Integer> {
    private static final Factorizer.Config DEFAULTS = Factorizer.Config.defaults();

    @Parameters(paramLabel = "RATINGS", description = "File of ratings, as 'bench factors' writes one.")
    private Path ratings = Path.of("");

    @Option(names = "--rank", description = "Floats of a factor. Default: ${DEFAULT-VALUE}.")
    private int rank = DEFAULTS.rank();

    @Option(names = "--epochs", description = "Passes over the ratings. Default: ${DEFAULT-VALUE}.")
    private int epochs = DEFAULTS.epochs();

    @Option(names = "--rate", description = "Step size of the first epoch. Default: ${DEFAULT-VALUE}.")
    private float rate = DEFAULTS.rate();

    @Option(names = "--decay", description = "What it is multiplied by with each epoch. Default: ${DEFAULT-VALUE}.")
    private float decay = DEFAULTS.decay();

    @Option(names = "--ridge", description = "Of factors and biases. Default: ${DEFAULT-VALUE}.")
    private float ridge = DEFAULTS.ridge();

    @Option(names = "--held-out", description = "Share that is predicted and not learned. Default: ${DEFAULT-VALUE}.")
    private double heldOut = DEFAULTS.heldOut();

    @Option(names = "--threads", description = "Default: as many as there are cores, ${DEFAULT-VALUE} here.")
    private int threads = DEFAULTS.threads();

    @Option(names = "--seed", description = "Of the first factors, and of what is held out. Default: ${DEFAULT-VALUE}.")
    private long seed = DEFAULTS.seed();

    @Option(names = "--each-epoch", description = "Predict what is held out after each epoch.")
    private boolean eachEpoch;

    @Override
    public Integer call() throws IOException {
        var config = new Factorizer.Config(rank, epochs, rate, decay, ridge, heldOut, threads, seed, eachEpoch);
        try (RatingFile file = RatingFile.open(ratings)) {
            Factorizer.Result result = new Factorizer(config).run(file);
            String epochSeconds = result.epochNs().stream()
                    .map(ns -> String.format(Locale.ROOT, "%.3f", ns / 1e9))
                    .collect(Collectors.joining(" "));
            String rmse = result.rmse().stream()
                    .map(value -> String.format(Locale.ROOT, "%.5f", value))
                    .collect(Collectors.joining(" "));
            System.out.printf(
                    Locale.ROOT,
                    "%d ratings learned, %d held out, seed %d%nprepared %.3f s%nepochs %s s%nrmse %s%n",
                    result.learned(),
                    result.heldOut(),
                    seed,
                    result.prepareNs() / 1e9,
                    epochSeconds,
                    rmse);
            return 0;
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return 1;
        } catch (NoSuchFileException e) {
            System.err.println(ratings + ": no such file");
            return 1;
        }
    }
}
