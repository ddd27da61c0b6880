package dev.millrace.api.monitor.quality;

import java.util.List;

/**
 * Population stability index: Σ (a − e)·ln(a / e) over the shares of two counts, one more each that is spread as both
 * together are; less what chance alone makes of equal shares, (k − 1)·(1/n + 1/m) of k stretches that hold anything, and
 * never below 0.
 */
public final class Psi {
    private Psi() {}

    /** NaN where one of them counts nothing. */
    public static double of(List<Double> now, List<Double> reference) {
        double n = sum(now);
        double m = sum(reference);
        if (n <= 0 || m <= 0) {
            return Double.NaN;
        }
        double psi = 0;
        int held = 0;
        for (int i = 0; i < now.size(); i++) {
            double a = Math.max(0, now.get(i));
            double e = Math.max(0, reference.get(i));
            double both = (a + e) / (n + m);
            if (both > 0) {
                held++;
                double nowShare = (a + both) / (n + 1);
                double referenceShare = (e + both) / (m + 1);
                psi += (nowShare - referenceShare) * Math.log(nowShare / referenceShare);
            }
        }
        return Math.max(0, psi - (held - 1) * (1 / n + 1 / m));
    }

    private static double sum(List<Double> counts) {
        return counts.stream().mapToDouble(c -> Math.max(0, c)).sum();
    }
}
