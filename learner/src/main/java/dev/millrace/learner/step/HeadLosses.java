package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.network.Batch;

/**
 * The loss of a model with heads: Σ_h c_h·w_h·loss_h(z_h, y_h), c_h the head's weight in the spec and w_h the sample's for
 * it, 0 where the sample says nothing of the head.
 */
final class HeadLosses {
    private final Loss[] losses;
    private final double[] weights;

    HeadLosses(ModelSpec spec) {
        losses = new Loss[spec.heads().count()];
        weights = new double[losses.length];
        for (int head = 0; head < losses.length; head++) {
            Heads.Head its = spec.heads().all().get(head);
            losses[head] = new Loss(its.objective());
            weights[head] = its.weight();
        }
    }

    /** 0: the model has none. */
    int count() {
        return losses.length;
    }

    /**
     * What the i-th sample of a batch is predicted by each head.
     *
     * @param at where the first head's prediction goes; the next ones' follow {@code stride} apart
     */
    void predictions(Batch batch, int i, boolean finite, float[] predictions, int at, int stride) {
        for (int head = 0; head < losses.length; head++) {
            predictions[at + head * stride] = finite ? losses[head].output(batch.output(i, head)) : Float.NaN;
        }
    }

    /**
     * Sets the gradients of the i-th sample of a batch.
     *
     * @return false when one is not finite; then all are 0
     */
    boolean gradients(SampleBlock block, int sample, Batch batch, int i) {
        boolean finite = true;
        for (int head = 0; head < losses.length; head++) {
            // Rows of a file have a label of the first head alone.
            double weight = head < block.heads() ? block.weight(sample, head) : 0;
            double error = 0;
            if (weight != 0) {
                double predicted = losses[head].predicted(batch.output(i, head), block.keepRate(sample));
                error = (predicted - block.label(sample, head)) * weight * weights[head];
            }
            finite &= Float.isFinite((float) error) && Float.isFinite(batch.output(i, head));
            batch.outputGradient(i, head, (float) error);
        }
        for (int head = 0; head < losses.length && !finite; head++) {
            batch.outputGradient(i, head, 0f);
        }
        return finite;
    }
}
