package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that reads a model's delta log and applies it, until it is closed: after a failure of any kind it says that
 * it is no longer caught up, opens the log anew and goes on from what it has in memory and on disk.
 *
 * <pre>
 *  field      read by               written by
 *  log        closing thread        following thread   volatile
 *  caughtUp   anybody               following thread   volatile
 *  closing    following thread      closing thread     latch
 * </pre>
 */
final class DeltaFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaFollower.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration MEND_AGAIN = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(10);

    private final String model;
    private final Supplier<DeltaLog> logs;
    private final DeltaApplier applier;
    private final Backoff backoff;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile DeltaLog log;
    private volatile boolean caughtUp;
    private long catchUpTo;

    /**
     * @param logs opens the log: here, so that a wrong configuration is refused, and again after each failure
     * @param applier closed by the following thread at its end
     */
    DeltaFollower(String model, Supplier<DeltaLog> logs, DeltaApplier applier, Backoff backoff) {
        this.model = model;
        this.logs = logs;
        this.applier = applier;
        this.backoff = backoff;
        log = logs.get();
        thread = Thread.ofPlatform().name("delta-follower-" + model).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    boolean caughtUp() {
        return caughtUp;
    }

    private boolean running() {
        return closing.getCount() > 0;
    }

    private void run() {
        // Closed here and not by whoever closes: the store is native memory, which this thread may be using.
        try (applier) {
            DeltaLog first = log;
            attempt(() -> first);
            while (running()) {
                attempt(logs);
            }
        }
    }

    private void attempt(Supplier<DeltaLog> opener) {
        try (DeltaLog opened = opener.get()) {
            log = opened;
            follow(opened);
        } catch (Throwable e) {
            // Errors too: a thread that ended would leave weights that only grow older.
            if (running()) {
                Duration wait = backoff.next();
                LOG.error("delta follower of {} failed; the weights stay and it goes on in {}", model, wait, e);
                await(wait);
            } else {
                LOG.debug("delta follower of {} stops", model, e);
            }
        }
    }

    private void follow(DeltaLog from) throws IOException {
        try {
            if (running()) {
                long next = applier.resume();
                catchUpTo = from.end();
                from.seek(next);
            }
            while (running()) {
                poll(from);
            }
        } finally {
            // Before the log is closed, which may take its time.
            caughtUp = false;
        }
    }

    private void poll(DeltaLog from) throws IOException {
        try {
            for (DeltaLog.Entry entry : from.poll(POLL)) {
                if (!apply(entry)) {
                    mend(from);
                    return;
                }
            }
        } catch (DeltaLog.ExpiredException e) {
            LOG.warn("model {}: {}; mending", model, e.getMessage());
            mend(from);
            return;
        }
        applier.persist();
        if (caughtUp || from.position() >= catchUpTo) {
            caughtUp = true;
            backoff.reset();
        }
    }

    /** @return false when deltas are missing before this one */
    private boolean apply(DeltaLog.Entry entry) {
        Delta delta;
        try {
            delta = DeltaCodec.decode(entry.value());
        } catch (IllegalArgumentException e) {
            // The sequence shows it as a gap at the next one.
            LOG.error("model {}, offset {}: {}", model, entry.offset(), e.getMessage());
            return true;
        }
        Applied applied = applier.apply(delta, entry.offset() + 1);
        if (applied instanceof Applied.WrongSpec wrong) {
            LOG.warn("model {}, offset {}: dropped, {}", model, entry.offset(), wrong);
        }
        return !(applied instanceof Applied.Gap);
    }

    private void mend(DeltaLog from) throws IOException {
        caughtUp = false;
        long next = applier.mend();
        while (next < 0 && running()) {
            LOG.warn("model {}: deltas are missing and no snapshot mends them yet", model);
            // The learner writes the next snapshot in its own time.
            await(MEND_AGAIN);
            next = applier.mend();
        }
        if (next >= 0) {
            from.seek(next);
        }
    }

    /** Ends early when this is closed. */
    private void await(Duration atMost) {
        try {
            if (closing.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.debug("delta follower of {} waits no longer", model);
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but to end it.
            closing.countDown();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends at once what waits, and returns when the thread has ended, or after ten seconds. */
    @Override
    public void close() {
        closing.countDown();
        log.wakeup();
        try {
            if (thread.isAlive() && !thread.join(CLOSE)) {
                LOG.warn("delta follower of {} did not stop in {}", model, CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
