package dev.millrace.ps.serve;

/** Scores requests with the weights of one version. Safe for many threads. */
@FunctionalInterface
interface Scorer {
    /**
     * @param scores receives each item's
     * @return the sequence of the version that scored
     */
    long score(RequestVector request, float[] scores);
}
