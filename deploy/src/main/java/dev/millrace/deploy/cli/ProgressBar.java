package dev.millrace.deploy.cli;

import java.io.PrintStream;
import java.util.Locale;

/** One line that tells how far it is: redrawn on a terminal, else a new one now and then. One thread. */
final class ProgressBar {
    private static final int WIDTH = 30;
    private static final long REDRAW_NS = 200_000_000L;
    private static final long LINE_NS = 5_000_000_000L;

    private final PrintStream out;
    private final boolean redraws;
    private final long startNs;
    private long nextNs;

    ProgressBar(PrintStream out, boolean redraws, long nowNs) {
        this.out = out;
        this.redraws = redraws;
        this.startNs = nowNs;
        this.nextNs = nowNs + interval();
    }

    private long interval() {
        return redraws ? REDRAW_NS : LINE_NS;
    }

    /** Whether it is time to {@link #draw} again. */
    boolean isDue(long nowNs) {
        return nowNs - nextNs >= 0;
    }

    /** @param text behind the bar */
    void draw(double share, String text, long nowNs) {
        nextNs = nowNs + interval();
        String line = line(share, (nowNs - startNs) / 1e9, text);
        if (redraws) {
            out.print("\r" + line + "\u001b[K");
            out.flush();
        } else {
            out.println(line);
        }
    }

    /** Leaves the line. */
    void end() {
        if (redraws) {
            out.println();
        }
    }

    static String line(double share, double seconds, String text) {
        int filled = (int) Math.round(Math.clamp(share, 0, 1) * WIDTH);
        double left = share > 0 ? seconds * (1 - share) / share : Double.NaN;
        return String.format(
                Locale.ROOT,
                "[%s%s] %3.0f %%  %s  %s left",
                "=".repeat(filled),
                " ".repeat(WIDTH - filled),
                share * 100,
                text,
                Double.isNaN(left) ? "?" : String.format(Locale.ROOT, "%.0f s", left));
    }
}
