package dev.millrace.load.report;

/**
 * How good served scores were. NaN where undefined (no positives, no negatives, nothing at all).
 *
 * @param items scored items whose label is known
 * @param positives those with a label above ½
 * @param auc over all items, exact
 * @param impressionAuc mean of the AUC of each request that has both labels
 * @param logLoss mean of −y ln p − (1−y) ln(1−p), natural logarithm, p held within [1e-15, 1 − 1e-15]
 * @param normalizedEntropy log loss over the entropy of the base rate (He et al. 2014)
 * @param calibration Σp / Σy
 */
public record Quality(
        long items,
        long positives,
        double auc,
        double impressionAuc,
        double logLoss,
        double normalizedEntropy,
        double calibration) {}
