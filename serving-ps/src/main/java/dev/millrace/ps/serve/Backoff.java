package dev.millrace.ps.serve;

import java.time.Duration;

/** Waits between failing attempts, doubling from the first to the last. Belongs to one thread. */
public final class Backoff {
    private final Duration first;
    private final Duration last;
    private Duration next;

    public Backoff(Duration first, Duration last) {
        this.first = first;
        this.last = last;
        this.next = first;
    }

    /** How long to wait now. */
    public Duration next() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(last) < 0 ? doubled : last;
        return now;
    }

    /** After success: the next failure waits the first time again. */
    public void reset() {
        next = first;
    }
}
