package dev.millrace.load.report;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/** Durations of a run, 1 µs .. 1 hour, to three digits. */
public final class Latencies {
    private static final long LONGEST_US = TimeUnit.HOURS.toMicros(1);

    private final Histogram histogram = new SynchronizedHistogram(1, LONGEST_US, 3);

    public void addNs(long durationNs) {
        histogram.recordValue(Math.clamp(durationNs / 1000, 1, LONGEST_US));
    }

    /** Milliseconds that {@code percent} of the durations are within; NaN before the first. */
    public double percentileMs(double percent) {
        return histogram.getTotalCount() == 0 ? Double.NaN : histogram.getValueAtPercentile(percent) / 1000.0;
    }

    public Percentiles percentiles() {
        return new Percentiles(percentileMs(50), percentileMs(99));
    }

    /** Milliseconds; NaN where nothing was measured. */
    public record Percentiles(double p50, double p99) {}
}
