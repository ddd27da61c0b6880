package dev.millrace.load.report;

import it.unimi.dsi.fastutil.doubles.DoubleArrayList;

/**
 * Scores and labels of a run, all of them: 8 bytes an item. Sums are order-dependent in their last bits; the AUCs are
 * exact.
 */
public final class QualityCollector {
    private static final double EPSILON = 1e-15;

    private final DoubleArrayList positives = new DoubleArrayList();
    private final DoubleArrayList negatives = new DoubleArrayList();
    private double scoreSum;
    private double labelSum;
    private double lossSum;
    private double impressionAucSum;
    private long impressions;

    /** Items of one request; {@code labels[i]} in 0..1 belongs to {@code scores[i]}, NaN where there is none. */
    public synchronized void add(double[] scores, double[] labels) {
        DoubleArrayList up = new DoubleArrayList(scores.length);
        DoubleArrayList down = new DoubleArrayList(scores.length);
        for (int i = 0; i < scores.length; i++) {
            if (!Double.isNaN(labels[i])) {
                (labels[i] >= 0.5 ? up : down).add(scores[i]);
                scoreSum += scores[i];
                labelSum += labels[i];
                lossSum += logLoss(scores[i], labels[i]);
            }
        }
        double auc = Auc.exact(up, down);
        if (!Double.isNaN(auc)) {
            impressionAucSum += auc;
            impressions++;
        }
        positives.addAll(up);
        negatives.addAll(down);
    }

    public synchronized Quality quality() {
        long items = (long) positives.size() + negatives.size();
        double mean = lossSum / items;
        double base = labelSum / items;
        double entropy = logLoss(base, base);
        return new Quality(
                items,
                positives.size(),
                Auc.exact(positives, negatives),
                impressions == 0 ? Double.NaN : impressionAucSum / impressions,
                items == 0 ? Double.NaN : mean,
                base > 0 && base < 1 ? mean / entropy : Double.NaN,
                labelSum == 0 ? Double.NaN : scoreSum / labelSum);
    }

    static double logLoss(double score, double label) {
        double p = Math.clamp(score, EPSILON, 1 - EPSILON);
        return -label * Math.log(p) - (1 - label) * Math.log1p(-p);
    }
}
