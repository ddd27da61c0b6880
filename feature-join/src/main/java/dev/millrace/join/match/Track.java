package dev.millrace.join.match;

/**
 * How far one model, or one of its heads, is with a request. Changed in place by the matcher.
 *
 * <p>A window has its end twice: {@code windowEndMs} judges what counts, by stamps of the log alone, so that a replay
 * judges alike; the timer says when event time lets it end. They differ for an impression that came behind event time,
 * which stays open for as long as another one.
 */
final class Track {
    /** Nothing comes after the lateness: of states that do not know when it ends. */
    static final long UNKNOWN = Long.MAX_VALUE;

    /** An item that stands before it too, or one that version 1 had settled: it gets no sample any more. */
    static final byte REPEAT = -1;
    /** Samples of one item, at most. */
    static final int MAX_REVISIONS = 250;

    private final String name;
    private final long windowEndMs;
    private final long lateEndMs;
    private long timerMs;
    private boolean closed;
    /** Samples of each item so far, whether sampling kept them or not; or REPEAT. */
    private final byte[] revisions;

    /**
     * @param windowEndMs last millisecond of event time that counts
     * @param lateEndMs last one that can correct
     * @param timerMs event time at which it closes or, closed, is forgotten
     * @param revisions taken over
     */
    Track(String name, long windowEndMs, long lateEndMs, long timerMs, boolean closed, byte[] revisions) {
        this.name = name;
        this.windowEndMs = windowEndMs;
        this.lateEndMs = lateEndMs;
        this.timerMs = timerMs;
        this.closed = closed;
        this.revisions = revisions;
    }

    static Track open(MatchRules rules, long shownMs, long nowMs, ShownItems items) {
        long windowEndMs = shownMs + rules.windowMs();
        byte[] revisions = new byte[items.size()];
        items.repeats().stream().forEach(i -> revisions[i] = REPEAT);
        return new Track(
                rules.track(),
                windowEndMs,
                windowEndMs + rules.latenessMs(),
                Math.max(shownMs, nowMs) + rules.windowMs(),
                false,
                revisions);
    }

    /** {@link MatchRules#track}. */
    String name() {
        return name;
    }

    long windowEndMs() {
        return windowEndMs;
    }

    long lateEndMs() {
        return lateEndMs;
    }

    long timerMs() {
        return timerMs;
    }

    boolean isClosed() {
        return closed;
    }

    byte[] revisions() {
        return revisions;
    }

    void close(long latenessMs) {
        closed = true;
        timerMs += latenessMs;
    }

    int samples(int item) {
        return Byte.toUnsignedInt(revisions[item]);
    }

    /** The revision of the item's next sample. */
    int next(int item) {
        int revision = samples(item);
        revisions[item] = (byte) (revision + 1);
        return revision;
    }

    /** Whether the deed counts, as one of the window or as a late one. */
    boolean takes(Deed deed, MatchRules rules, boolean late) {
        return late ? rules.corrects() && isLate(deed) && deed.stampMs() <= lateEndMs : !isLate(deed);
    }

    boolean isLate(Deed deed) {
        return deed.stampMs() > windowEndMs;
    }
}
