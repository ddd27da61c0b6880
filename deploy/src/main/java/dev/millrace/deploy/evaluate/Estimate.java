package dev.millrace.deploy.evaluate;

/**
 * A mean with its uncertainty.
 *
 * @param error standard error
 */
public record Estimate(double value, double error) {
    /** Quantile of the normal distribution for 95 %, both sides. */
    private static final double Z = 1.959964;

    public double low() {
        return value - Z * error;
    }

    public double high() {
        return value + Z * error;
    }

    public boolean covers(double truth) {
        return low() <= truth && truth <= high();
    }
}
