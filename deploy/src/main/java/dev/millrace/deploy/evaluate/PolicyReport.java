package dev.millrace.deploy.evaluate;

/**
 * What a target policy would have earned a request, by several estimators.
 *
 * @param shown what the logging policy earned: the naive mean, which says nothing of another policy
 * @param ips inverse propensity scoring
 * @param selfNormalized the same, divided by the mean weight
 * @param doublyRobust the model's expectation, corrected by weighted residuals
 * @param meanWeight 1 where the log covers the target
 * @param effectivePlaces effective sample size of the places shown, (Σw)²/Σw²
 * @param largestWeight of one place
 */
public record PolicyReport(
        long requests,
        long places,
        Estimate shown,
        Estimate ips,
        Estimate selfNormalized,
        Estimate doublyRobust,
        Estimate meanWeight,
        double effectivePlaces,
        double largestWeight) {
    private static final double SURE = 4;
    private static final double FEW = 100;

    /** Whether the weights' mean is so far from 1 that the log must lack what the target shows. */
    public boolean isUncovered() {
        return Math.abs(meanWeight.value() - 1) > SURE * meanWeight.error() + 1e-9;
    }

    public boolean hasFewPlaces() {
        return effectivePlaces < FEW;
    }
}
