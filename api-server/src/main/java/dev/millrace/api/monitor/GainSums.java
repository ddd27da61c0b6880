package dev.millrace.api.monitor;

import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.monitor.quality.ScoreHistogram;

/**
 * Mergeable sums of what requests gained on the baseline. A request is one observation, d = Σ (baseline's loss − loss) and
 * b = Σ baseline's loss over its items; the gain is the ratio R = Σd / Σb, with the usual linearized variance of a ratio,
 * Σ(d − R·b)² / (Σb)² · n/(n − 1) (Cochran 1977, ch. 6). Guarded by its window.
 */
final class GainSums {
    private static final double NORMAL_95 = 1.959964;

    private final ScoreHistogram scores = new ScoreHistogram();
    private long requests;
    private double gained;
    private double base;
    private double gainedSquares;
    private double baseSquares;
    private double products;

    /** One request's sums. */
    void addRequest(double requestGained, double requestBase) {
        requests++;
        gained += requestGained;
        base += requestBase;
        gainedSquares += requestGained * requestGained;
        baseSquares += requestBase * requestBase;
        products += requestGained * requestBase;
    }

    /** One item's score by the baseline. @param weight below 0: taken back */
    void addScore(double score, boolean positive, double weight) {
        scores.add(score, positive, weight);
    }

    void merge(GainSums other) {
        scores.merge(other.scores);
        requests += other.requests;
        gained += other.gained;
        base += other.base;
        gainedSquares += other.gainedSquares;
        baseSquares += other.baseSquares;
        products += other.products;
    }

    void clear() {
        scores.clear();
        requests = 0;
        gained = 0;
        base = 0;
        gainedSquares = 0;
        baseSquares = 0;
        products = 0;
    }

    Gain gain() {
        double ratio = gained / base;
        double squares = Math.max(0, gainedSquares - 2 * ratio * products + ratio * ratio * baseSquares);
        double error = requests < 2 ? Double.NaN : Math.sqrt(squares * requests / (requests - 1)) / base;
        return new Gain(
                requests,
                Quality.orNull(ratio),
                Quality.orNull(ratio - NORMAL_95 * error),
                Quality.orNull(ratio + NORMAL_95 * error),
                Quality.orNull(scores.auc()));
    }
}
