package dev.millrace.ingest.spec;

/** What a model's output is, and by which loss it learns. */
public enum Objective {
    /** A probability σ(z), by log loss; labels in 0..1. */
    LOGISTIC,
    /** A value z, like a rating, by ½(z − y)². */
    SQUARED
}
