package dev.millrace.load.report;

import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import java.util.Arrays;

/**
 * Area under the ROC curve: P(s⁺ &gt; s⁻) + ½ P(s⁺ = s⁻) over all pairs of a positive and a negative. Exact: pairs are
 * counted in whole numbers after sorting, O(n log n).
 */
public final class Auc {
    private Auc() {}

    /** NaN unless there are positives and negatives. Neither list is changed. */
    public static double exact(DoubleArrayList positives, DoubleArrayList negatives) {
        return ofSorted(sorted(positives), sorted(negatives));
    }

    private static double[] sorted(DoubleArrayList values) {
        double[] copy = values.toDoubleArray();
        Arrays.sort(copy);
        return copy;
    }

    private static double ofSorted(double[] positives, double[] negatives) {
        if (positives.length == 0 || negatives.length == 0) {
            return Double.NaN;
        }
        // Twice the count of won pairs, so that a tie is a whole number too; fits 64 bits up to 2·10⁹ a side.
        long doubled = 0;
        int below = 0;
        int upTo = 0;
        for (double score : positives) {
            while (below < negatives.length && negatives[below] < score) {
                below++;
            }
            while (upTo < negatives.length && negatives[upTo] <= score) {
                upTo++;
            }
            doubled += below + (long) upTo;
        }
        return doubled / (2.0 * positives.length * negatives.length);
    }
}
