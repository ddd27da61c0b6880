package dev.millrace.learner.step;

import dev.millrace.ingest.spec.Objective;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.model.Logistic;

/**
 * The loss of one output z against its label y: ∂loss/∂z is {@code predicted − y} for both, times the sample's weight.
 * Log loss of σ(z − ln r), r the rate at which such samples are kept, so that σ(z) is calibrated without it (He et al.
 * 2014, §6.3); or ½(z − y)², where r does not matter.
 */
public record Loss(Objective objective) {
    /** What the model says of a sample. */
    float output(float z) {
        return objective == Objective.SQUARED ? z : LinearModel.sigmoid(z);
    }

    /** What is compared with the label. */
    public double predicted(float z, float keepRate) {
        return objective == Objective.SQUARED ? z : Logistic.sigmoid(z, keepRate);
    }
}
