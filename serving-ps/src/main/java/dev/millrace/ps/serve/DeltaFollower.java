package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that reads all shards of a model's delta log into a sink, until it is closed: after a failure of any kind
 * it says that it is no longer caught up, opens the log anew and goes on from what the sink has. A shard of which deltas
 * are missing waits for its snapshot while the others go on.
 *
 * <pre>
 *  field      read by               written by
 *  log        closing thread        following thread   volatile
 *  caughtUp   anybody               following thread   volatile
 *  closing    following thread      closing thread     latch
 * </pre>
 */
public final class DeltaFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaFollower.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration MEND_AGAIN = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(10);

    private final String model;
    private final Supplier<? extends DeltaLog> logs;
    private final DeltaSink sink;
    private final Backoff backoff;
    private final Duration mendAgain;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile DeltaLog log;
    private volatile boolean caughtUp;
    private long[] catchUpTo = {};
    /** Shards of which deltas are missing. */
    private final BitSet missing = new BitSet();

    private long nextMendNs;

    /**
     * @param logs opens the log: here, so that a wrong configuration is refused, and again after each failure
     * @param sink closed by the following thread at its end
     */
    public DeltaFollower(String model, Supplier<? extends DeltaLog> logs, DeltaSink sink, Backoff backoff) {
        this(model, logs, sink, backoff, MEND_AGAIN);
    }

    /** @param mendAgain how often a snapshot is looked for */
    DeltaFollower(
            String model, Supplier<? extends DeltaLog> logs, DeltaSink sink, Backoff backoff, Duration mendAgain) {
        this.mendAgain = mendAgain;
        this.model = model;
        this.logs = logs;
        this.sink = sink;
        this.backoff = backoff;
        log = logs.get();
        thread = Thread.ofPlatform().name("delta-follower-" + model).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Whether every shard has been read up to where its log ended when this began, and none lacks deltas. */
    public boolean caughtUp() {
        return caughtUp;
    }

    private boolean running() {
        return closing.getCount() > 0;
    }

    private void run() {
        // Closed here and not by whoever closes: the store is native memory, which this thread may be using.
        try (sink) {
            DeltaLog first = log;
            attempt(() -> first);
            while (running()) {
                attempt(logs);
            }
        }
    }

    private void attempt(Supplier<? extends DeltaLog> opener) {
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
                begin(from);
            }
            while (running()) {
                poll(from);
            }
        } finally {
            // Before the log is closed, which may take its time.
            caughtUp = false;
        }
    }

    private void begin(DeltaLog from) throws IOException {
        missing.clear();
        long[] next = sink.resume(from.shards());
        catchUpTo = from.ends();
        for (int shard = 0; shard < next.length; shard++) {
            from.seek(shard, next[shard]);
        }
    }

    private void poll(DeltaLog from) throws IOException {
        mendMissing(from);
        try {
            for (DeltaLog.Entry entry : from.poll(POLL)) {
                if (!missing.get(entry.shard()) && !apply(entry)) {
                    isMissing(entry.shard(), from);
                }
            }
        } catch (DeltaLog.ExpiredException e) {
            LOG.warn("model {}: {}", model, e.getMessage());
            e.shards().forEach(shard -> isMissing(shard, from));
        }
        sink.persist();
        if (missing.isEmpty() && (caughtUp || reached(from))) {
            caughtUp = true;
            backoff.reset();
        }
    }

    private boolean reached(DeltaLog from) {
        for (int shard = 0; shard < catchUpTo.length; shard++) {
            if (from.position(shard) < catchUpTo[shard]) {
                return false;
            }
        }
        return true;
    }

    /** @return false when deltas of its shard are missing before this one */
    private boolean apply(DeltaLog.Entry entry) {
        Delta delta;
        try {
            delta = DeltaCodec.decode(entry.value());
            if (delta.header().shard() != entry.shard()) {
                throw new IllegalArgumentException(
                        "a delta of shard " + delta.header().shard());
            }
        } catch (IllegalArgumentException e) {
            // The sequence shows it as a gap at the next one.
            LOG.error("model {}, shard {}, offset {}: {}", model, entry.shard(), entry.offset(), e.getMessage());
            return true;
        }
        Applied applied = sink.apply(delta, entry.offset() + 1);
        return switch (applied) {
            case Applied.Advanced advanced -> true;
            case Applied.Duplicate duplicate -> true;
            case Applied.Gap gap -> false;
            case Applied.WrongSpec wrong -> dropped(entry, wrong);
            case Applied.WrongShard wrong -> dropped(entry, wrong);
            case Applied.Fenced fenced -> dropped(entry, fenced);
        };
    }

    private boolean dropped(DeltaLog.Entry entry, Applied because) {
        LOG.warn("model {}, shard {}, offset {}: dropped, {}", model, entry.shard(), entry.offset(), because);
        return true;
    }

    private void isMissing(int shard, DeltaLog from) {
        LOG.warn("model {}, shard {}: deltas are missing; mending from its newest snapshot", model, shard);
        caughtUp = false;
        missing.set(shard);
        from.pause(shard);
        nextMendNs = System.nanoTime();
    }

    /** Now and then: the learner writes the next snapshot in its own time. */
    private void mendMissing(DeltaLog from) throws IOException {
        if (missing.isEmpty() || System.nanoTime() - nextMendNs < 0) {
            return;
        }
        for (int shard = missing.nextSetBit(0); shard >= 0; shard = missing.nextSetBit(shard + 1)) {
            long next = sink.mend(shard);
            if (next >= 0) {
                from.seek(shard, next);
                missing.clear(shard);
            }
        }
        nextMendNs = System.nanoTime() + mendAgain.toNanos();
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
