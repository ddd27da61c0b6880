package dev.millrace.ingest.profile;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/** What has become of the events that real-time features are made of, since the start. Safe for many threads. */
public final class LiveStats {
    private final LongAdder applied = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final LongAdder unmatched = new LongAdder();
    private final LongAdder unreadable = new LongAdder();
    private final LongAdder forgotten = new LongAdder();
    private volatile LongConsumer recorder = ms -> {};

    /**
     * Also told of each action's time from acceptance until the profile store has the rows made of it, in milliseconds, once
     * a partition of the rows.
     */
    public void recordTo(LongConsumer other) {
        recorder = other;
    }

    public void fresh(long ms) {
        recorder.accept(Math.max(0, ms));
    }

    public void applied(int rows) {
        applied.add(rows);
    }

    public void repeat() {
        repeated.increment();
    }

    public void noMatch() {
        unmatched.increment();
    }

    public void notRead() {
        unreadable.increment();
    }

    public void forgot(int rows) {
        forgotten.add(rows);
    }

    /** Rows written. */
    public long applied() {
        return applied.sum();
    }

    /** Impressions and actions that came again. */
    public long repeated() {
        return repeated.sum();
    }

    /** Actions on items that their request did not show, or too many before it. */
    public long unmatched() {
        return unmatched.sum();
    }

    /** Records that could not be read. */
    public long unreadable() {
        return unreadable.sum();
    }

    /** Rows deleted since nothing had happened to them for long. */
    public long forgotten() {
        return forgotten.sum();
    }
}
