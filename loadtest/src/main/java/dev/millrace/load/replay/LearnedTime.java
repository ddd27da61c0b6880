package dev.millrace.load.replay;

import dev.millrace.load.client.MillraceClient;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** The event time up to which the serving weights have learned, asked for by one player at a time and shared by all. */
final class LearnedTime {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final MillraceClient client;
    private final String model;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile long watermarkMs;
    private long askedNs = System.nanoTime() - BETWEEN_LOOKS.toNanos();

    LearnedTime(MillraceClient client, String model) {
        this.client = client;
        this.model = model;
    }

    /** @return false when that took longer than {@code patience}: with nothing to learn the watermark stands still */
    boolean await(long eventTimeMs, Duration patience) throws InterruptedException {
        long startNs = System.nanoTime();
        while (watermarkMs < eventTimeMs) {
            if (System.nanoTime() - startNs > patience.toNanos()) {
                return false;
            }
            asking.lockInterruptibly();
            try {
                if (watermarkMs < eventTimeMs) {
                    look();
                }
            } finally {
                asking.unlock();
            }
        }
        return true;
    }

    /** The one who asks waits until it is worth asking again; the others wait for what it hears. */
    private void look() throws InterruptedException {
        long sinceNs = System.nanoTime() - askedNs;
        if (sinceNs < BETWEEN_LOOKS.toNanos()) {
            Thread.sleep(BETWEEN_LOOKS.minusNanos(sinceNs));
        }
        Long now = client.model(model).watermarkMs();
        watermarkMs = now == null ? watermarkMs : now;
        askedNs = System.nanoTime();
    }
}
