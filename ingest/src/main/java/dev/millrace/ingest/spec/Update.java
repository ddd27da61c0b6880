package dev.millrace.ingest.spec;

/**
 * How the parameters of one part follow their gradients.
 *
 * @param rate step size η, &gt; 0
 * @param l2 ridge on what the samples of a minibatch touch, ≥ 0
 */
public record Update(Rule rule, double rate, double l2) {
    public enum Rule {
        /** G += g² a coordinate, w −= η·g/(√G + ε) (Duchi et al. 2011). */
        ADAGRAD,
        /** One G a row, G += mean(g²); a layer's parameters have one G each all the same. */
        ROWADAGRAD,
        /** Bias-corrected, β₁ = 0.9, β₂ = 0.999 (Kingma and Ba 2015). */
        ADAM,
        /** w −= η·g. */
        SGD
    }

    public static final Update EMBEDDINGS = new Update(Rule.ADAGRAD, 0.05, 0);
    public static final Update DENSE = new Update(Rule.ADAM, 0.001, 0);
}
