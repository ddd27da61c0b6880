package dev.millrace.load.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** Where progress is shown. */
public final class Screen {
    private static final Duration BETWEEN_PLAIN_LINES = Duration.ofSeconds(5);

    private final PrintStream out;
    private final boolean inPlace;
    private final Duration betweenLines;
    private int shownLines;
    private long lastPlainNs;
    private boolean plainBefore;

    /**
     * @param inPlace whether {@code out} is a terminal that understands ANSI
     * @param betweenLines least time between plain lines
     */
    public Screen(PrintStream out, boolean inPlace, Duration betweenLines) {
        this.out = out;
        this.inPlace = inPlace;
        this.betweenLines = betweenLines;
    }

    /** On {@code out}; in place if the process stands on a terminal. */
    public static Screen on(PrintStream out) {
        var console = System.console();
        boolean terminal = console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
        return new Screen(out, terminal, BETWEEN_PLAIN_LINES);
    }

    public boolean inPlace() {
        return inPlace;
    }

    /** Whether block characters come out as such. */
    public boolean drawsBlocks() {
        return out.charset().newEncoder().canEncode('\u2588');
    }

    /** On a terminal the lines replace the last ones; elsewhere {@code plain} is printed, unless one just was. */
    public void show(List<String> lines, String plain) {
        if (inPlace) {
            redraw(lines);
        } else if (!plainBefore || System.nanoTime() - lastPlainNs >= betweenLines.toNanos()) {
            print(plain);
        }
    }

    /** The last state, which stays; {@code show} begins anew below it. */
    public void finish(List<String> lines, String plain) {
        if (inPlace) {
            redraw(lines);
            shownLines = 0;
        } else {
            print(plain);
        }
    }

    /** A line of its own above what is updated. */
    public void line(String text) {
        if (inPlace) {
            redraw(List.of(text));
            shownLines = 0;
        } else {
            out.println(text);
            out.flush();
        }
    }

    private void print(String plain) {
        out.println(plain);
        out.flush();
        plainBefore = true;
        lastPlainNs = System.nanoTime();
    }

    private void redraw(List<String> lines) {
        StringBuilder text = new StringBuilder();
        if (shownLines > 0) {
            text.append("\u001b[").append(shownLines).append('F');
        }
        for (String line : lines) {
            text.append(line).append("\u001b[K\n");
        }
        // What was longer before ends below.
        out.print(text.append("\u001b[J"));
        out.flush();
        shownLines = lines.size();
    }
}
