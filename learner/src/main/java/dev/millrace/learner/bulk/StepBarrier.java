package dev.millrace.learner.bulk;

import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Where workers wait for each other, ten thousands of times a second: they spin for a while before they give the processor
 * away. What each wrote before it arrived, all see after they waited; what it writes in between, nobody else may read.
 *
 * <pre>
 *  field      written by              read by
 *  arrived    all, atomically         the last to arrive
 *  turn       the last to arrive      all
 *  broken     whoever fails           all
 * </pre>
 */
final class StepBarrier {
    private static final int SPINS = 5_000;
    private static final long PAUSE_NS = 20_000;

    private final int workers;
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile int turn;
    private volatile boolean broken;

    StepBarrier(int workers) {
        this.workers = workers;
    }

    /** @throws CancellationException when another worker failed */
    void await() {
        await(arrive());
    }

    /** Waits for nobody yet; once each turn. @return the turn, to {@link #await(int)} */
    int arrive() {
        int mine = turn;
        if (arrived.incrementAndGet() == workers) {
            arrived.set(0);
            turn = mine + 1;
        }
        return mine;
    }

    /**
     * Until all have arrived.
     *
     * @throws CancellationException when another worker failed
     */
    void await(int arrivedIn) {
        for (int spin = 0; turn == arrivedIn && !broken; spin++) {
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
        if (broken) {
            throw new CancellationException("another worker failed");
        }
    }

    /** Lets nobody wait any more. */
    void breakUp() {
        broken = true;
    }
}
