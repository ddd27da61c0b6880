package dev.millrace.api.desk;

import dev.millrace.api.canary.Canaries;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.Canary;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;

/** What canaries would be answered now; nothing is shown, so nothing is logged. Safe for many threads. */
public final class CanaryDesk {
    private static final List<RawFeatures> ONE = List.of(RawFeatures.EMPTY);

    private final Models models;
    private final Canaries canaries;

    public CanaryDesk(Models models, Canaries canaries) {
        this.models = models;
        this.canaries = canaries;
    }

    /** @param number of a canary, from 0; those 64 apart share what is learned from them */
    @Serdeable
    public record CanaryScore(String model, long number, float score, long modelVersion) {}

    /** @throws ProblemException (404) where none flies; stale, where the weights cannot be had */
    public CanaryScore score(String model, long number) {
        WeightServer weights = models.get(model);
        if (!canaries.fly(model)) {
            throw new ProblemException(Problem.notFound(
                    "model",
                    "no canary of model '" + model + "' flies here",
                    "serve with --canary on; models with layers, and those that learn from another's log, have none"));
        }
        if (number < 0) {
            throw new ProblemException(Problem.invalid("number", "is " + number, "send 0 or more"));
        }
        RawFeatures request = RawFeatures.of(Map.of(Canary.ATTRIBUTE, new FeatureValue.Numeric(number)));
        float[] scores = new float[1];
        try {
            long version = weights.score(request, ONE, scores);
            return new CanaryScore(model, number, scores[0], version);
        } catch (WeightsUnavailable e) {
            throw new ProblemException(Problem.stale("the weights cannot be had now: " + e.getMessage()));
        }
    }
}
