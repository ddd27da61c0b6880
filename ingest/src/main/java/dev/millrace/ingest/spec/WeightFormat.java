package dev.millrace.ingest.spec;

/** As what a weight travels from training to serving. */
public enum WeightFormat {
    /** IEEE 754 single precision, as it was learned. */
    F32,
    /** IEEE 754 half precision, rounded stochastically: 11 significant bits, |w| ≤ 65504. */
    F16,
    /** Fixed point of 1 + 2 + 13 bits, rounded stochastically: steps of 1/8192, |w| &lt; 4. {@code q2.13} in a spec. */
    Q2_13
}
