package dev.millrace.ingest.spec;

import org.jspecify.annotations.Nullable;

/**
 * How a ranking departs from best first, so that its log says what other rankings would have earned.
 *
 * @param epsilon part of the requests whose candidates are shown in random order, 0..1
 * @param thompson draws of the weights that rank; null: the weights themselves do
 * @param shuffle what happens to the order of the first places
 */
public record Explore(double epsilon, @Nullable Thompson thompson, Shuffle shuffle) {
    public static final Explore NONE = new Explore(0, null, Shuffle.NONE);

    /**
     * Thompson sampling: ranks by weights drawn from what is known of them. Rows that serve then carry how much that is, so
     * this, and only this, is part of the fingerprint.
     *
     * @param draws rankings of each request, of which one is shown: its probability is the share of them that agree, so
     *     {@code 1 / draws} at least; 1..{@value #MAX_DRAWS}
     * @param scale of the standard deviations; above 1 explores more
     */
    public record Thompson(int draws, double scale) {
        public static final int MAX_DRAWS = 256;
        public static final Thompson DEFAULT = new Thompson(32, 1);
    }

    /**
     * @param top how many first places change among themselves, 2..{@value #MAX_TOP}; 0: none
     * @param rate part of the requests in which they do, 0..1
     */
    public record Shuffle(int top, double rate) {
        public static final int MAX_TOP = 100;
        public static final Shuffle NONE = new Shuffle(0, 0);
    }

    /** Whether every request is shown best first. */
    public boolean isNone() {
        return equals(NONE);
    }
}
