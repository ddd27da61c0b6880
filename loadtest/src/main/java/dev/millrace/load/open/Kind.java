package dev.millrace.load.open;

import org.HdrHistogram.Histogram;

/** What became of a run's requests of one kind. Written by the run, then read. */
public final class Kind {
    private static final long LONGEST_US = 3_600_000_000L;
    private static final int OK = 200;
    private static final int NOT_OK = 300;
    private static final int TOO_MANY = 429;
    private static final int UNAVAILABLE = 503;

    private final Histogram latencyUs = new Histogram(1, LONGEST_US, 3);
    private final Histogram refusedUs = new Histogram(1, LONGEST_US, 3);
    private long refused;
    private long failed;
    private int lastFailure;

    /** @param status as HTTP has it */
    public void add(int status, long tookNs) {
        long us = Math.clamp(tookNs / 1000, 1, LONGEST_US);
        if (status >= OK && status < NOT_OK) {
            latencyUs.recordValue(us);
        } else if (status == TOO_MANY || status == UNAVAILABLE) {
            refused++;
            refusedUs.recordValue(us);
        } else {
            failed++;
            lastFailure = status;
        }
    }

    /** Connection broken, or never answered. */
    public void lost() {
        failed++;
    }

    public long ok() {
        return latencyUs.getTotalCount();
    }

    /** Told to come again later: 429 and 503. */
    public long refused() {
        return refused;
    }

    public long failed() {
        return failed;
    }

    /** HTTP status of the last one that failed; 0: none answered so. */
    public int lastFailure() {
        return lastFailure;
    }

    /** Of the ones that went well, from when they were due; NaN where there is none. */
    public double percentileMs(double percent) {
        return percentile(latencyUs, percent);
    }

    /** Of the refusals. */
    public double refusedMs(double percent) {
        return percentile(refusedUs, percent);
    }

    private static double percentile(Histogram histogram, double percent) {
        return histogram.getTotalCount() == 0 ? Double.NaN : histogram.getValueAtPercentile(percent) / 1000.0;
    }
}
