package dev.millrace.ps.evidence;

/** The mean of several bets' wealth. */
final class Mixture {
    private Mixture() {}

    /** ln of the mean of exp(log[i]), without overflow. */
    static double log(double[] log) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double each : log) {
            largest = Math.max(largest, each);
        }
        double sum = 0;
        for (double each : log) {
            sum += Math.exp(each - largest);
        }
        return largest + Math.log(sum / log.length);
    }
}
