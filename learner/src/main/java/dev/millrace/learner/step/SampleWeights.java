package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ps.model.Logistic;

/**
 * How much a sample counts. Where negatives are sent at once, so that every positive has a fake negative before it
 * ({@link SampleBlock#FAKE_NEGATIVES}), the share of positives in the log is b = p/(1 + p). Fake-negative weights (Ktena et
 * al., RecSys 2019) undo that: a positive counts 1 + p, a negative (1 − p)(1 + p), where p = σ(z) is the model's own
 * prediction, taken as a number (no gradient goes through it). A fixed point is p = the true rate, also where negatives are
 * kept at rate r and learned at σ(z − ln r): both gradients then have the factor r(1 − p).
 */
public final class SampleWeights {
    private SampleWeights() {}

    /**
     * @param z what the model says of it, without correction for the keep rate
     * @return below 0 for a sample that takes one back
     */
    public static double of(SampleBlock block, int sample, float z) {
        float weight = block.weight(sample);
        if (!block.hasFakeNegatives(sample)) {
            return weight;
        }
        double p = Logistic.sigmoid(z);
        return weight * (1 + p) * (block.label(sample) == 0 ? 1 - p : 1);
    }
}
