package dev.millrace.learner.bulk;

/**
 * How many rows a table should have room for: the number of distinct keys grows as a power of the number of samples (Heaps
 * 1978), which two points tell. Right room at once saves moving rows, and pages that stay empty. One thread.
 */
final class RowGrowth {
    private static final long LEAST = 1 << 16;
    /** More than so many times the rows that there are is a guess from too little. */
    private static final long MOST_TIMES = 8;
    /** Room that is too little by a row costs as much as by many. */
    private static final double SPARE = 1.05;

    private static final double FIRST_POWER = 0.7;

    private long expected;
    private long rowsBefore;
    private long samplesBefore;

    /** @param samples in all, more or less; 0: unknown */
    void expect(long samples) {
        expected = samples;
    }

    /** Rows to make room for beside those that there are, when there is no room left. */
    long rowsToCome(long rows, long samples) {
        long doubled = Math.max(LEAST, rows);
        long more = doubled;
        if (samples > 0 && expected > samples && rows >= LEAST / 2) {
            double power = samplesBefore == 0 || rows <= rowsBefore
                    ? FIRST_POWER
                    : Math.log((double) rows / rowsBefore) / Math.log((double) samples / samplesBefore);
            double all = rows * Math.pow((double) expected / samples, Math.clamp(power, 0.1, 1)) * SPARE;
            more = (long) Math.clamp(all - rows, LEAST / 4, MOST_TIMES * rows);
        }
        rowsBefore = rows;
        samplesBefore = samples;
        return more;
    }
}
