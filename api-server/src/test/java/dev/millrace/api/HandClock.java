package dev.millrace.api;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that moves by hand. */
public final class HandClock extends Clock {
    private final java.util.concurrent.atomic.AtomicLong ms;

    public HandClock(long ms) {
        this.ms = new java.util.concurrent.atomic.AtomicLong(ms);
    }

    public void advance(long byMs) {
        ms.addAndGet(byMs);
    }

    @Override
    public long millis() {
        return ms.get();
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new IllegalArgumentException("this clock stands in UTC, not in " + zone);
    }
}
