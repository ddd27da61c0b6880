package dev.millrace.learner.remote.shard;

import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes the rows that changed into deltas and brings them onto the log: one is on its way at a time, and stays the next
 * one, byte for byte, until the log has acknowledged it. So a sequence never stands for two contents.
 *
 * <p>After a restart nothing is published until the shard is again at what its last delta on the log included: serving
 * would go back in time. Belongs to the shard's owner.
 */
final class DeltaOutbox implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaOutbox.class);

    private final ShardState state;
    private final Runnable beforeClosing;
    private final DeltaWriter writer;
    private final ShardConfig config;
    private final InstantSource clock;
    private final SortedMap<Integer, Long> mustReach;
    /** Closed, in sequence; the first is on its way. */
    private final Deque<Delta> pending = new ArrayDeque<>();

    private @Nullable CompletableFuture<Long> onTheWay;
    /** Of the last delta that was closed. */
    private CompletableFuture<Long> acknowledgement;

    private long published;
    private long nextAtMs;

    /**
     * @param beforeClosing has the state hold everything that was learned
     * @param lastOffset of the last delta on the log; −1: none
     * @param mustReach partition of the samples to the offset that the shard must have applied before it publishes
     */
    DeltaOutbox(
            ShardState state,
            Runnable beforeClosing,
            DeltaWriter writer,
            ShardConfig config,
            InstantSource clock,
            long lastOffset,
            SortedMap<Integer, Long> mustReach) {
        this.state = state;
        this.beforeClosing = beforeClosing;
        this.writer = writer;
        this.config = config;
        this.clock = clock;
        this.acknowledgement = CompletableFuture.completedFuture(lastOffset);
        this.published = state.sequence();
        this.mustReach = new TreeMap<>(mustReach);
    }

    /** Sends what is next, if nothing is on its way. */
    void send() {
        if (isIdle() && clock.millis() >= nextAtMs && state.hasOpenBatch() && caughtUp()) {
            close(1);
        }
        Delta next = pending.peek();
        if (next != null && onTheWay == null && clock.millis() >= nextAtMs) {
            onTheWay = writer.append(next);
        }
    }

    /** Closes everything that is open now, without waiting for its time, into as many deltas as that takes. */
    void closeAll() {
        close(Integer.MAX_VALUE);
    }

    private void close(int atMost) {
        if (!state.isClosing()) {
            beforeClosing.run();
        }
        for (int i = 0; i < atMost && state.hasOpenBatch(); i++) {
            pending.add(state.closeBatch(clock.millis(), config.maxDeltaRows()));
            acknowledgement = new CompletableFuture<>();
        }
        nextAtMs = clock.millis();
    }

    /** Takes note of what the log answered. */
    void collect() {
        if (onTheWay == null || !onTheWay.isDone()) {
            return;
        }
        if (onTheWay.isCompletedExceptionally()) {
            LOG.warn(
                    "delta {} of model {} shard {} could not be written: {}; once more in {}",
                    published + 1,
                    state.spec().model(),
                    state.id().shard(),
                    onTheWay.exceptionNow().toString(),
                    config.retry());
            nextAtMs = clock.millis() + config.retry().toMillis();
        } else {
            published = pending.remove().header().sequence();
            if (isIdle()) {
                acknowledgement.complete(onTheWay.resultNow());
                // Parts of one batch do not wait for each other.
                nextAtMs = clock.millis()
                        + (state.isClosing() ? 0 : config.deltaInterval().toMillis());
            }
        }
        onTheWay = null;
    }

    /** Whether everything that was closed is acknowledged. */
    boolean isIdle() {
        return pending.isEmpty();
    }

    /** Whether the shard is at or beyond what its last delta on the log included. */
    boolean caughtUp() {
        mustReach.entrySet().removeIf(e -> state.nextOffset(e.getKey()) >= e.getValue());
        return mustReach.isEmpty();
    }

    /** Offset of the last delta that was closed, once the log has it; −1: there is none. */
    CompletableFuture<Long> acknowledgement() {
        return acknowledgement;
    }

    /** Sequence of the last acknowledged delta. */
    long published() {
        return published;
    }

    /** Nobody waits any more for what the log has not acknowledged. */
    @Override
    public void close() {
        acknowledgement.completeExceptionally(new IllegalStateException("the shard was closed before"));
        writer.close();
    }
}
