package dev.millrace.learner.factor;

/**
 * Factors of somebody new from the first actions, at once, while all others stay: ridge regression of the ratings, less
 * what is known of the items, on the items' factors. With q the item's factors and a 1 for the new bias,
 * (Σ q·qᵀ + λ·n·I)·x = Σ q·(r − μ − b_i): what stochastic gradient descent with ridge λ tends to. O(n·k² + k³).
 */
public final class FoldIn {
    private FoldIn() {}

    /**
     * @param factors of the items that were rated, [n, rank], one after the other
     * @param ratings r − μ − b_i of each
     * @param ridge λ &gt; 0, a rating
     * @return [rank + 1]: the new factors, and the new bias at last; zeros when nothing was rated
     */
    public static float[] solve(float[] factors, float[] ratings, int rank, double ridge) {
        int n = ratings.length;
        int size = rank + 1;
        if (!(ridge > 0) || factors.length != n * rank) {
            throw new IllegalArgumentException(
                    "fold-in: ridge " + ridge + ", " + factors.length + " floats of " + n + " items, rank " + rank);
        }
        double[] a = new double[size * size];
        double[] b = new double[size];
        double[] q = new double[size];
        for (int r = 0; r < n; r++) {
            for (int f = 0; f < rank; f++) {
                q[f] = factors[r * rank + f];
            }
            q[rank] = 1;
            for (int i = 0; i < size; i++) {
                b[i] += q[i] * ratings[r];
                for (int j = 0; j <= i; j++) {
                    a[i * size + j] += q[i] * q[j];
                }
            }
        }
        for (int i = 0; i < size; i++) {
            a[i * size + i] += ridge * Math.max(1, n);
        }
        return solve(a, b, size);
    }

    /**
     * The solution x of A·x = b, in single precision.
     *
     * @param a [n, n], positive definite, its lower half is read; overwritten
     * @param b [n]; overwritten
     * @return not finite where A is not positive definite
     */
    public static float[] solve(double[] a, double[] b, int n) {
        cholesky(a, n);
        return substitute(a, b, n);
    }

    /** A = L·Lᵀ in place, the lower half; A is positive definite, since the ridge is above 0. */
    private static void cholesky(double[] a, int n) {
        for (int j = 0; j < n; j++) {
            for (int i = j; i < n; i++) {
                double sum = a[i * n + j];
                for (int k = 0; k < j; k++) {
                    sum -= a[i * n + k] * a[j * n + k];
                }
                a[i * n + j] = i == j ? Math.sqrt(sum) : sum / a[j * n + j];
            }
        }
    }

    private static float[] substitute(double[] l, double[] b, int n) {
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++) {
                b[i] -= l[i * n + k] * b[k];
            }
            b[i] /= l[i * n + i];
        }
        float[] x = new float[n];
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++) {
                b[i] -= l[k * n + i] * b[k];
            }
            b[i] /= l[i * n + i];
            x[i] = (float) b[i];
        }
        return x;
    }
}
