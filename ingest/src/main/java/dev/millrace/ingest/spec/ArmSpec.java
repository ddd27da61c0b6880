package dev.millrace.ingest.spec;

import org.jspecify.annotations.Nullable;

/**
 * How a model is compared with the one that it learns from. Its role and share may be changed while they run.
 *
 * @param role with which it begins
 * @param compare what a challenger's people see
 * @param share part of the people who see it, 0..1
 * @param experiment salt of the hash by which people fall to arms: another one draws them anew
 * @param promote when it takes the champion's place by itself; null: never
 */
public record ArmSpec(
        Role role,
        Compare compare,
        double share,
        String experiment,
        @Nullable Rule promote) {
    /** What part an arm takes in answering. */
    public enum Role {
        /** Scores what is shown, and is not seen. */
        SHADOW,
        /** Some people see it. */
        CHALLENGER,
        /** Does not even score; it learns on. */
        IDLE,
        /** Answers; only said while they run. */
        CHAMPION
    }

    /** What the people of a challenger see. */
    public enum Compare {
        /** Its lists. */
        SPLIT,
        /** Lists that it and the champion draft in turn (team draft; Radlinski, Kurup, Joachims, CIKM 2008). */
        INTERLEAVE
    }

    /**
     * @param alpha probability, at most, that one which is no better is ever promoted
     * @param samples compared before it may be
     */
    public record Rule(double alpha, long samples) {
        public static final Rule DEFAULT = new Rule(0.05, 2_000);
    }
}
