package dev.millrace.api.monitor;

/**
 * What a number has grown by in all, though it falls now and then: the samples of a model that went back to an older
 * version and learned on. Never falls, as a Prometheus counter must not. Guarded by its own lock.
 */
final class Growth {
    private long last;
    private long total;

    /** @param first what it counts from */
    Growth(long first) {
        last = first;
        total = first;
    }

    synchronized void to(long now) {
        total += Math.max(0, now - last);
        last = now;
    }

    synchronized long total() {
        return total;
    }
}
