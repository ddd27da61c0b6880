package dev.millrace.load.simulate;

import dev.millrace.load.console.Screen;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Draws snapshots: a table that is updated in place on a terminal, else a line every few seconds. Belongs to the thread
 * that runs the demo.
 */
public final class DemoTable implements DemoListener {
    private static final int BAR = 30;
    private static final int HISTORY = 60;
    private static final String BLOCKS = "▁▂▃▄▅▆▇█";
    private static final String LETTERS = "_.-=+*%#";

    private final Screen screen;
    private final String address;
    private final Deque<Double> history = new ArrayDeque<>();
    private @Nullable DemoSnapshot last;

    /** @param address of the live page, for the reader */
    public DemoTable(Screen screen, String address) {
        this.screen = screen;
        this.address = address;
    }

    @Override
    public void snapshot(DemoSnapshot now) {
        last = now;
        if (Double.isFinite(now.learnedShare())) {
            history.addLast(now.learnedShare());
        }
        if (history.size() > HISTORY) {
            history.removeFirst();
        }
        screen.show(table(now), line(now));
    }

    /** Leaves the last state standing. */
    public void finish() {
        if (last != null) {
            screen.finish(table(last), line(last));
        }
    }

    List<String> table(DemoSnapshot now) {
        return List.of(
                "Millrace demo  " + clock(now.elapsed()) + "  live page " + address,
                "",
                row("requests", count(now.requests()) + number("  %.0f/s", now.ratePerSecond())) + "clicks "
                        + count(now.clicks()) + number("  (%.1f %% of items shown)", 100 * now.ctr()),
                row(
                                "rank",
                                number("p50 %.1f ms", now.rankMs().p50())
                                        + number("  p99 %.1f ms", now.rankMs().p99()))
                        + (now.retries() > 0 ? "retries " + count(now.retries()) : ""),
                row(
                                "freshness",
                                number("p50 %.0f ms", now.freshnessMs().p50())
                                        + number(
                                                "  p99 %.0f ms",
                                                now.freshnessMs().p99()))
                        + "click posted -> a score served with it"
                        + (now.untraced() > 0 ? "; " + count(now.untraced()) + " not seen served" : ""),
                row("model", "version " + count(now.modelVersion())) + "samples learned " + count(now.samplesLearned()),
                row("AUC", number("%.3f", now.auc())) + "of the last 15 s, like all rates here",
                row("top item", number("clicked %.1f %%", 100 * now.top()))
                        + number("random choice %.1f %%", 100 * now.random())
                        + number(", best possible %.1f %%", 100 * now.best()),
                row("learned", number("%.0f %%", 100 * now.learnedShare())) + bar(now.learnedShare()),
                row("", "") + sparkline());
    }

    String line(DemoSnapshot now) {
        return clock(now.elapsed())
                + "  " + count(now.requests()) + " requests"
                + number("  %.0f/s", now.ratePerSecond())
                + number("  AUC %.3f", now.auc())
                + number("  click rate of the top item: random %.1f %%", 100 * now.random())
                + number(" -> now %.1f %%", 100 * now.top())
                + number(" (best possible %.1f %%)", 100 * now.best())
                + number("  fresh p50 %.0f", now.freshnessMs().p50())
                + number(" p99 %.0f ms", now.freshnessMs().p99())
                + "  version " + now.modelVersion();
    }

    private static String row(String name, String value) {
        return String.format(Locale.ROOT, "  %-10s %-26s ", name, value);
    }

    private String bar(double share) {
        int full = Double.isFinite(share) ? (int) Math.round(BAR * Math.clamp(share, 0.0, 1.0)) : 0;
        String done = screen.drawsBlocks() ? "█" : "#";
        String open = screen.drawsBlocks() ? "░" : ".";
        return "random " + done.repeat(full) + open.repeat(BAR - full) + " best";
    }

    private String sparkline() {
        String levels = screen.drawsBlocks() ? BLOCKS : LETTERS;
        StringBuilder text = new StringBuilder();
        for (double share : history) {
            text.append(levels.charAt((int) Math.round((levels.length() - 1) * Math.clamp(share, 0.0, 1.0))));
        }
        return text.toString();
    }

    private static String number(String format, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "";
    }

    private static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private static String clock(Duration time) {
        return String.format(Locale.ROOT, "%d:%02d", time.toMinutes(), time.toSecondsPart());
    }
}
