package dev.millrace.learner.remote.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;

/** What remote training can learn: its pushes carry gradients of weights. */
final class LinearOnly {
    private LinearOnly() {}

    /** @throws IllegalArgumentException when it cannot learn the spec's model */
    static void check(ModelSpec spec) {
        if (!spec.network().isLinear() || spec.objective() != Objective.LOGISTIC) {
            throw new IllegalArgumentException("model " + spec.model()
                    + " has a network or values for labels, and remote training learns linear models of probabilities"
                    + " only: learn it in one process ('serve'), or leave network out and take objective logistic");
        }
    }
}
