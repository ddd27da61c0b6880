package dev.millrace.load.open;

import java.util.List;
import java.util.Locale;

/**
 * What a run saw in its measured time.
 *
 * @param seconds of measured time
 * @param cpuSeconds CPU time of the generator's thread meanwhile
 * @param unsent requests that fell due and found no free connection until the end
 */
public record LoadResult(List<Kind> kinds, double seconds, double cpuSeconds, long unsent) {
    public LoadResult {
        kinds = List.copyOf(kinds);
    }

    public Kind first() {
        return kinds.getFirst();
    }

    /** Good answers a second, of all kinds. */
    public double rate() {
        return kinds.stream().mapToLong(Kind::ok).sum() / seconds;
    }

    public long failed() {
        return kinds.stream().mapToLong(Kind::failed).sum();
    }

    /** What the generator itself costs. */
    public double cpuUsARequest() {
        long answered =
                kinds.stream().mapToLong(k -> k.ok() + k.refused() + k.failed()).sum();
        return cpuSeconds * 1e6 / Math.max(1, answered);
    }

    /** For a person. */
    public String text() {
        return String.format(
                Locale.ROOT,
                "%.0f/s ok, p50 %.2f ms, p99 %.2f ms, refused %d, failed %d (%d), unsent %d, generator %.1f us a request",
                rate(),
                first().percentileMs(50),
                first().percentileMs(99),
                kinds.stream().mapToLong(Kind::refused).sum(),
                failed(),
                kinds.stream().mapToInt(Kind::lastFailure).max().orElse(0),
                unsent,
                cpuUsARequest());
    }
}
