package dev.millrace.load.replay;

import dev.millrace.load.console.Screen;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The progress bar of a replay. Belongs to the thread that shows it. */
final class Progress {
    private static final int WIDTH = 24;
    private static final double SMOOTHING = 0.2;

    private final Screen screen;
    private final long total;
    private long lastDone;
    private long lastNs = System.nanoTime();
    private double rate = Double.NaN;

    Progress(Screen screen, long total) {
        this.screen = screen;
        this.total = total;
    }

    void show(Tally tally, long retries) {
        long done = tally.requests.sum();
        measureRate(done);
        String numbers = numbers(tally, done, retries);
        screen.show(List.of(bar(done) + " " + numbers), numbers);
    }

    void finish(Tally tally, long retries) {
        long done = tally.requests.sum();
        String numbers = numbers(tally, done, retries);
        screen.finish(List.of(bar(done) + " " + numbers), numbers);
    }

    private void measureRate(long done) {
        long nowNs = System.nanoTime();
        double seconds = (nowNs - lastNs) / 1e9;
        if (seconds < 0.2) {
            return;
        }
        double now = (done - lastDone) / seconds;
        rate = Double.isNaN(rate) ? now : rate + SMOOTHING * (now - rate);
        lastDone = done;
        lastNs = nowNs;
    }

    private String bar(long done) {
        int full = (int) (WIDTH * done / Math.max(1, total));
        return "[" + "=".repeat(full) + (full < WIDTH ? ">" : "") + " ".repeat(Math.max(0, WIDTH - full - 1)) + "]";
    }

    private String numbers(Tally tally, long done, long retries) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%,d/%,d", done, total));
        if (rate > 0) {
            text.append(String.format(Locale.ROOT, "  %.0f/s", rate));
        }
        append(text, "  AUC %.3f", tally.runningAuc.value());
        append(text, "  fresh p50 %.0f ms", tally.freshness.percentileMs(50));
        count(text, "lost", tally.unserved.sum());
        count(text, "retries", retries);
        // A service that stands still drives the smoothed rate towards zero.
        if (rate > 1 && done < total) {
            text.append("  ETA ").append(clock(Duration.ofSeconds((long) ((total - done) / rate))));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String format, double value) {
        if (!Double.isNaN(value)) {
            text.append(String.format(Locale.ROOT, format, value));
        }
    }

    private static void count(StringBuilder text, String name, long count) {
        if (count > 0) {
            text.append(String.format(Locale.ROOT, "  %s %,d", name, count));
        }
    }

    private static String clock(Duration left) {
        return String.format(Locale.ROOT, "%d:%02d", left.toMinutes(), left.toSecondsPart());
    }
}
