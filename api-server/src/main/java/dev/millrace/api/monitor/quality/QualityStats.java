package dev.millrace.api.monitor.quality;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

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
 * A negative that was kept with rate r stands for 1/r in all of them. A label of 0.5 or more is a positive. Sums are
 * {@link FixedPoint}: exact in any order.
 */
public final class QualityStats {
    private static final double CLIP = 1e-7;
    private static final double POSITIVE = 0.5;

    private ScoreHistogram scores = new ScoreHistogram();
    private long samples;
    private long positives;
    private long weight;
    private long logLoss;
    private long predicted;
    private long labelled;
    private long impressions;
    private long impressionAuc;

    public static boolean isPositive(float label) {
        return label >= POSITIVE;
    }

    /** @param sampleWeight below 0: one that was added before is taken out again */
    public void add(float score, float label, double sampleWeight) {
        double p = Math.clamp(score, CLIP, 1 - CLIP);
        boolean positive = isPositive(label);
        scores.add(p, positive, sampleWeight);
        int one = sampleWeight < 0 ? -1 : 1;
        samples += one;
        positives += positive ? one : 0;
        weight += FixedPoint.of(sampleWeight);
        logLoss -= FixedPoint.of(sampleWeight * (label * Math.log(p) + (1 - label) * Math.log(1 - p)));
        predicted += FixedPoint.of(sampleWeight * score);
        labelled += FixedPoint.of(sampleWeight * label);
    }

    /** The same of a model of values, which have a calibration, and neither log loss nor AUC. */
    public void addValue(float score, float label, double sampleWeight) {
        samples += sampleWeight < 0 ? -1 : 1;
        weight += FixedPoint.of(sampleWeight);
        predicted += FixedPoint.of(sampleWeight * score);
        labelled += FixedPoint.of(sampleWeight * label);
    }

    /** The AUC of one request's items. */
    public void addImpression(double auc) {
        impressions++;
        impressionAuc += FixedPoint.of(auc);
    }

    public void merge(QualityStats other) {
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

    public void clear() {
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

    public ScoreHistogram scores() {
        return scores;
    }

    /** Observed positives a sample, by weight; null of nothing. */
    public @Nullable Double clickRate() {
        return Quality.orNull((double) labelled / weight);
    }

    public Quality quality() {
        // Values are in no histogram.
        double loss = scores.weight() == 0 ? Double.NaN : (double) logLoss / weight;
        return new Quality(
                samples,
                positives,
                Quality.orNull(loss),
                Quality.orNull(scores.auc()),
                Quality.orNull(scores.aucError()),
                Quality.orNull(loss / entropy((double) labelled / weight)),
                Quality.orNull((double) predicted / labelled),
                Quality.orNull(FixedPoint.value(impressionAuc) / impressions),
                impressions);
    }

    /** Of a coin with this rate, in nats. */
    private static double entropy(double rate) {
        return -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
    }

    /** The sums as zigzag varints in the order of the fields, then the histogram; whoever writes them has a version. */
    public void write(CodedOutputStream out) throws IOException {
        for (long sum : sums()) {
            out.writeSInt64NoTag(sum);
        }
        scores.write(out);
    }

    public static QualityStats read(CodedInputStream in) throws IOException {
        QualityStats stats = new QualityStats();
        stats.samples = in.readSInt64();
        stats.positives = in.readSInt64();
        stats.weight = in.readSInt64();
        stats.logLoss = in.readSInt64();
        stats.predicted = in.readSInt64();
        stats.labelled = in.readSInt64();
        stats.impressions = in.readSInt64();
        stats.impressionAuc = in.readSInt64();
        stats.scores = ScoreHistogram.read(in);
        return stats;
    }

    private long[] sums() {
        return new long[] {samples, positives, weight, logLoss, predicted, labelled, impressions, impressionAuc};
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof QualityStats that
                && java.util.Arrays.equals(sums(), that.sums())
                && scores.equals(that.scores);
    }

    @Override
    public int hashCode() {
        return java.util.Arrays.hashCode(sums());
    }

    @Override
    public String toString() {
        return java.util.Arrays.toString(sums());
    }
}
