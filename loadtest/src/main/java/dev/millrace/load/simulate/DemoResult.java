package dev.millrace.load.simulate;

import dev.millrace.load.report.Quality;
import java.util.Locale;

/**
 * What the demo came to.
 *
 * @param early how it was after its first 15 seconds, or at the end of a shorter one
 * @param last how it was at the end
 * @param quality of all scores answered, against the clicks that followed
 */
public record DemoResult(DemoSnapshot early, DemoSnapshot last, Quality quality) {
    /** For a person, a few lines. */
    public String text() {
        return String.format(
                Locale.ROOT,
                """
                %,d requests and %,d clicks in %d s; %,d samples learned, model version %,d
                  click rate of the top item: random %.1f %%, after %d s %.1f %%, at the end %.1f %% (best possible %.1f %%)
                  AUC %.3f over all, %.3f at the end; freshness p50 %.0f ms, p99 %.0f ms; rank p50 %.1f ms, p99 %.1f ms
                """,
                last.requests(),
                last.clicks(),
                last.elapsed().toSeconds(),
                last.samplesLearned(),
                last.modelVersion(),
                100 * last.random(),
                early.elapsed().toSeconds(),
                100 * early.top(),
                100 * last.top(),
                100 * last.best(),
                quality.auc(),
                last.auc(),
                last.freshnessMs().p50(),
                last.freshnessMs().p99(),
                last.rankMs().p50(),
                last.rankMs().p99());
    }
}
