package dev.millrace.ingest.spec;

/**
 * FTRL-Proximal hyper-parameters (McMahan et al., KDD 2013, Algorithm 1).
 *
 * @param alpha step size, &gt; 0
 * @param beta smooths the first steps, ≥ 0
 * @param l1 keeps weights at zero while |z| ≤ l1, ≥ 0
 * @param l2 ridge, ≥ 0
 */
public record Ftrl(double alpha, double beta, double l1, double l2) {
    public static final Ftrl DEFAULT = new Ftrl(0.1, 1, 0, 0);
}
