package dev.millrace.api.monitor;

/**
 * Mergeable sums behind the quality of served scores. Progressive validation (Blum et al. 1999; McMahan et al. 2013 §5):
 * every sample's score is the one that was answered, before anything learned from it. Guarded by its window.
 *
 * <pre>
 *  log loss            −mean(y·ln p + (1−y)·ln(1−p)), p clipped to 1e-7 from 0 and 1
 *  normalized entropy  log loss / entropy of the base rate (He et al. 2014)
 *  calibration         Σp / Σy
 * </pre>
 *
 * A negative that was kept with rate r stands for 1/r in all of them. A label of 0.5 or more is a positive.
 */
final class QualityStats {
    private static final double CLIP = 1e-7;
    private static final double POSITIVE = 0.5;

    private final ScoreHistogram scores = new ScoreHistogram();
    private long samples;
    private long positives;
    private double weight;
    private double logLoss;
    private double predicted;
    private double labelled;
    private long impressions;
    private double impressionAuc;

    static boolean isPositive(float label) {
        return label >= POSITIVE;
    }

    /** @param sampleWeight below 0: one that was added before is taken out again */
    void add(float score, float label, double sampleWeight) {
        double p = Math.clamp(score, CLIP, 1 - CLIP);
        boolean positive = isPositive(label);
        scores.add(p, positive, sampleWeight);
        int one = sampleWeight < 0 ? -1 : 1;
        samples += one;
        positives += positive ? one : 0;
        weight += sampleWeight;
        logLoss -= sampleWeight * (label * Math.log(p) + (1 - label) * Math.log(1 - p));
        predicted += sampleWeight * score;
        labelled += sampleWeight * label;
    }

    /** The AUC of one request's items. */
    void addImpression(double auc) {
        impressions++;
        impressionAuc += auc;
    }

    void merge(QualityStats other) {
        scores.merge(other.scores);
        samples += other.samples;
        positives += other.positives;
        weight += other.weight;
        logLoss += other.logLoss;
        predicted += other.predicted;
        labelled += other.labelled;
        impressions += other.impressions;
        impressionAuc += other.impressionAuc;
    }

    void clear() {
        scores.clear();
        samples = 0;
        positives = 0;
        weight = 0;
        logLoss = 0;
        predicted = 0;
        labelled = 0;
        impressions = 0;
        impressionAuc = 0;
    }

    Quality quality() {
        return new Quality(
                samples,
                positives,
                Quality.orNull(logLoss / weight),
                Quality.orNull(scores.auc()),
                Quality.orNull(scores.aucError()),
                Quality.orNull(logLoss / weight / entropy(labelled / weight)),
                Quality.orNull(predicted / labelled),
                Quality.orNull(impressionAuc / impressions),
                impressions);
    }

    /** Of a coin with this rate, in nats. */
    private static double entropy(double rate) {
        return -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
    }
}
