package dev.millrace.api.arm;

/**
 * How well a model scored a request's samples.
 *
 * @param samples with a label and a score
 * @param loss sum of their log losses, in nats; a negative that was kept with rate r has weighed 1/r in it
 * @param auc of the request; NaN: it has not both labels
 */
record RequestScore(int samples, double loss, double auc) {
    /**
     * @param scores of each item; NaN: none
     * @param labels of each item, 0..1; NaN: none
     * @param weights of each item
     */
    static RequestScore of(float[] scores, float[] labels, float[] weights) {
        int samples = 0;
        double loss = 0;
        double weight = 0;
        for (int i = 0; i < labels.length; i++) {
            if (!Float.isNaN(labels[i]) && !Float.isNaN(scores[i])) {
                samples++;
                weight += weights[i];
                loss += weights[i] * ArmTally.loss(scores[i], labels[i]);
            }
        }
        return new RequestScore(samples, weight > 0 ? loss / weight * samples : 0, auc(scores, labels));
    }

    /** O(positives · items), which are few. */
    private static double auc(float[] scores, float[] labels) {
        double wins = 0;
        int pairs = 0;
        for (int i = 0; i < labels.length; i++) {
            for (int j = 0; j < labels.length && labels[i] >= 0.5f; j++) {
                if (labels[j] < 0.5f && !Float.isNaN(scores[i]) && !Float.isNaN(scores[j])) {
                    pairs++;
                    wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        return pairs == 0 ? Double.NaN : wins / pairs;
    }
}
