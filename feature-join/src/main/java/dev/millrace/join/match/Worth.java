package dev.millrace.join.match;

/**
 * What a label is to learning.
 *
 * @param label in 0..1, of a model of values any
 * @param weight how many samples it stands for
 */
record Worth(double label, double weight) {
    /** The amount within 0..1 is the label; beyond, how often it counts. */
    static Worth of(double amount) {
        return new Worth(Math.max(0, Math.min(1, amount)), Math.max(1, Math.abs(amount)));
    }

    /** Of label 0: it may be sampled away. */
    boolean isNegative() {
        return label == 0;
    }

    /**
     * When negatives are kept at a rate, a label between 0 and 1, which is always kept, has its negative part scaled by
     * the rate: so all negatives are thinned alike.
     */
    Worth thinned(double keepRate) {
        if (keepRate == 1 || isNegative() || label == 1) {
            return this;
        }
        double positive = label * weight;
        double negative = (1 - label) * weight * keepRate;
        return new Worth(positive / (positive + negative), positive + negative);
    }
}
