package dev.millrace.ps.bench;

import java.util.Random;

/**
 * Ranks 1..n with probability ∝ rank^−s, by rejection-inversion (Hörmann and Derflinger, ACM TOMACS 1996), for s ≠ 1.
 * O(1) a draw, no table.
 */
final class Zipf {
    private final long n;
    private final double s;
    private final double first;
    private final double last;
    private final double shortcut;

    Zipf(long n, double s) {
        this.n = n;
        this.s = s;
        first = integral(1.5) - 1;
        last = integral(n + 0.5);
        shortcut = 2 - inverse(integral(2.5) - Math.pow(2, -s));
    }

    long rank(Random random) {
        while (true) {
            double u = last + random.nextDouble() * (first - last);
            double x = inverse(u);
            long rank = Math.clamp(Math.round(x), 1, n);
            if (rank - x <= shortcut || u >= integral(rank + 0.5) - Math.pow(rank, -s)) {
                return rank;
            }
        }
    }

    private double integral(double x) {
        return (Math.pow(x, 1 - s) - 1) / (1 - s);
    }

    private double inverse(double y) {
        return Math.pow(1 + (1 - s) * y, 1 / (1 - s));
    }
}
