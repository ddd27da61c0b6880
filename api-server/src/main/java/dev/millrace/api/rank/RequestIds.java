package dev.millrace.api.rank;

import java.time.Clock;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Ids as UUID version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits; they sort by time. */
public final class RequestIds {
    private static final long VERSION = 7L << 12;
    private static final long VARIANT = 2L << 62;

    private final Clock clock;
    private final RandomGenerator random;

    /** @param random safe for many threads */
    public RequestIds(Clock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    public String next() {
        long high = (clock.millis() << 16) | VERSION | (random.nextLong() & 0xFFF);
        long low = VARIANT | (random.nextLong() >>> 2);
        return new UUID(high, low).toString();
    }
}
