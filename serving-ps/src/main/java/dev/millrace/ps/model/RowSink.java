package dev.millrace.ps.model;

/** Takes one serving row. */
@FunctionalInterface
public interface RowSink {
    /** @param row its weight and its vector, as long as the model's rows are; the caller's own, to be copied */
    void row(long key, float[] row);
}
