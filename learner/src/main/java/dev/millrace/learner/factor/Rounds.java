package dev.millrace.learner.factor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Rounds of independent tasks, one round after the other, on several threads. They wait for each other spinning: a round
 * is a fraction of a millisecond.
 */
final class Rounds {
    private static final int SPINS = 1 << 14;
    /** Another process has the core that a thread of ours needs. */
    private static final long PAUSE_NS = 20_000;

    private final int threads;
    private final AtomicIntegerArray next;
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile boolean broken;

    Rounds(int rounds, int threads) {
        this.threads = threads;
        next = new AtomicIntegerArray(rounds);
    }

    /** The round's next task; its number of tasks or more: there is none. */
    int next(int round) {
        return next.getAndIncrement(round);
    }

    /** A thread failed: the others are not to wait for it. */
    void breakUp() {
        broken = true;
    }

    /** Returns when all threads have ended the round. */
    void await(int round) {
        arrived.incrementAndGet();
        for (int spins = 0; arrived.get() < (round + 1) * threads; spins++) {
            if (broken) {
                throw new IllegalStateException("another thread failed");
            }
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }
}
