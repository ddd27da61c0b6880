package dev.millrace.ps.explain;

/**
 * One item's logit in parts: {@code logit} = {@code base} + Σ {@code contributions}, but for the rounding of doubles.
 *
 * @param logit what the score is made of
 * @param base what the layers give without any feature
 * @param contributions of the vector's features, in its order
 * @param rest what integration along the path missed, before it was spread over the contributions
 */
@SuppressWarnings("ArrayRecordComponent") // computed with, never compared
public record Explained(double logit, double base, double[] contributions, double rest) {}
