package dev.millrace.ingest.spec;

/**
 * How a ranking departs from best first, so that its log says what other rankings would have earned.
 *
 * @param epsilon part of the requests whose candidates are shown in random order, 0..1
 * @param shuffle what happens to the order of the first places
 */
public record Explore(double epsilon, Shuffle shuffle) {
    public static final Explore NONE = new Explore(0, Shuffle.NONE);

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
