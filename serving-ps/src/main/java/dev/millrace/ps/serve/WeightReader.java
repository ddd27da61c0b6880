package dev.millrace.ps.serve;

/** Weights by key, all of a read from one version. Safe for many threads. */
public interface WeightReader {
    /**
     * Reads the first {@code n} keys at once; a key without a row weighs 0. Tries again, a bounded number of times, when
     * another version came between.
     *
     * @param keys any order, none of them 0
     * @param weights receives each key's weight; at least {@code n} long
     * @return the version that all of them are of
     */
    ServedVersion read(long[] keys, int n, float[] weights);
}
