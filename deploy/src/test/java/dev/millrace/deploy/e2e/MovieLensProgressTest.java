package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.bench.MovieLensProgress;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The shipped models with embeddings learn what they must, when the data set is there. */
class MovieLensProgressTest {
    private static final Path MODELS = Path.of("models");

    private static MovieLensProgress progress() throws IOException {
        Optional<Path> folder = Tools.data("movielens-100k");
        Assumptions.assumeTrue(
                folder.isPresent(), "no movielens-100k in -Dmillrace.data, MILLRACE_DATA or beside the checkout");
        return new MovieLensProgress(folder.orElseThrow());
    }

    @Test
    void starsArePredictedBetterThanByBiases() throws IOException {
        double rmse =
                progress().run(SpecReader.read(MODELS.resolve("ratings.yml"))).rmse();
        assertTrue(rmse <= 0.940, "rmse " + rmse);
    }

    @Test
    void likesAreRankedBetterThanByALinearLearner() throws IOException {
        double auc =
                progress().run(SpecReader.read(MODELS.resolve("likes.yml"))).auc();
        assertTrue(auc >= 0.770, "auc " + auc);
    }
}
