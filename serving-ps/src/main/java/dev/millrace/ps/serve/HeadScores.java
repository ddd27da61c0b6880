package dev.millrace.ps.serve;

import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Batch;

/**
 * What a model with heads answers: each head's prediction, a probability or a value, and the score that the spec's
 * formula makes of them. Immutable.
 */
final class HeadScores {
    private final Heads heads;
    private final boolean[] logistic;

    HeadScores(ModelSpec spec) {
        heads = spec.heads();
        logistic = new boolean[heads.count()];
        for (int head = 0; head < logistic.length; head++) {
            logistic[head] = heads.all().get(head).objective() == Objective.LOGISTIC;
        }
    }

    /** 0: none. */
    int count() {
        return logistic.length;
    }

    /**
     * @param n samples of the batch that are items, the first being item {@code first}
     * @param scores receives their scores; and behind those of all items, where there is room, head by head theirs
     * @param predictions room for n · heads
     */
    void score(Batch batch, int n, float[] scores, int first, int items, float[] predictions) {
        boolean each = scores.length >= items * (1 + count());
        for (int i = 0; i < n; i++) {
            for (int head = 0; head < count(); head++) {
                float z = batch.output(i, head);
                predictions[i * count() + head] = logistic[head] ? LinearModel.sigmoid(z) : z;
                if (each) {
                    scores[(1 + head) * items + first + i] = predictions[i * count() + head];
                }
            }
            scores[first + i] = heads.score().of(predictions, i * count());
        }
    }
}
