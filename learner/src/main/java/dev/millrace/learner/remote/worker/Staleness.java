package dev.millrace.learner.remote.worker;

import java.util.Locale;

/**
 * How many batches a learner has on their way at once: with one, each batch is learned with weights that include all of
 * this learner's batches before; with K + 1, all but the latest K. Without the bound, a shard that is being caught up
 * answers pulls with what it has.
 *
 * @param permits batches from their pull to the last shard's acknowledgement
 * @param bounded whether weights are awaited that include all batches but the latest {@code permits − 1}
 */
public record Staleness(int permits, boolean bounded) {
    public static final Staleness SYNC = new Staleness(1, true);
    /** Bounded too, as everything is, but by what may be on its way. */
    public static final Staleness ASYNC = new Staleness(64, false);

    private static final int MOST = 1024;
    private static final String BOUNDED = "bounded:";

    public Staleness {
        if (permits < 1 || permits > MOST) {
            throw new IllegalArgumentException("staleness: 0.." + (MOST - 1) + " batches, not " + (permits - 1));
        }
    }

    /** {@code sync}, {@code bounded:K} or {@code async}. */
    public static Staleness parse(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("sync")) {
            return SYNC;
        }
        if (lower.equals("async")) {
            return ASYNC;
        }
        try {
            if (lower.startsWith(BOUNDED)) {
                return new Staleness(Math.addExact(Integer.parseInt(lower.substring(BOUNDED.length())), 1), true);
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "': K of bounded:K is a whole number", e);
        }
        throw new IllegalArgumentException("'" + text + "' is no staleness; sync, bounded:K or async");
    }

    @Override
    public String toString() {
        return equals(SYNC) ? "sync" : bounded ? BOUNDED + (permits - 1) : "async";
    }
}
