package dev.millrace.learner.remote.shard;

import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import java.time.InstantSource;
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
    private final DeltaWriter writer;
    private final ShardConfig config;
    private final InstantSource clock;
    private final SortedMap<Integer, Long> mustReach;
    private @Nullable Delta pending;
    private @Nullable CompletableFuture<Long> onTheWay;
    /** Of the last delta that was closed. */
    private CompletableFuture<Long> acknowledgement;

    private long published;
    private long nextAtMs;

    /**
     * @param lastOffset of the last delta on the log; −1: none
     * @param mustReach partition of the samples to the offset that the shard must have applied before it publishes
     */
    DeltaOutbox(
            ShardState state,
            DeltaWriter writer,
            ShardConfig config,
            InstantSource clock,
            long lastOffset,
            SortedMap<Integer, Long> mustReach) {
        this.state = state;
        this.writer = writer;
        this.config = config;
        this.clock = clock;
        this.acknowledgement = CompletableFuture.completedFuture(lastOffset);
        this.published = state.sequence();
        this.mustReach = new TreeMap<>(mustReach);
    }

    /** Takes note of what the log answered, and sends what is next. */
    void tick() {
        collect();
        if (pending == null && clock.millis() >= nextAtMs && state.hasOpenBatch() && caughtUp()) {
            closeBatch();
        }
        Delta next = pending;
        if (next != null && onTheWay == null && clock.millis() >= nextAtMs) {
            onTheWay = writer.append(next);
        }
    }

    /** Closes the open batch now, without waiting for its time. Only while {@link #isIdle}. */
    void closeBatch() {
        pending = state.closeBatch(clock.millis(), config.maxDeltaRows());
        acknowledgement = new CompletableFuture<>();
        nextAtMs = clock.millis();
    }

    private void collect() {
        if (onTheWay == null || !onTheWay.isDone()) {
            return;
        }
        if (onTheWay.isCompletedExceptionally()) {
            LOG.warn(
                    "delta {} of model {} shard {} could not be written: {}; once more in {}",
                    state.sequence(),
                    state.spec().model(),
                    state.id().shard(),
                    onTheWay.exceptionNow().toString(),
                    config.retry());
            nextAtMs = clock.millis() + config.retry().toMillis();
        } else {
            published = state.sequence();
            pending = null;
            acknowledgement.complete(onTheWay.resultNow());
            nextAtMs = clock.millis() + config.deltaInterval().toMillis();
        }
        onTheWay = null;
    }

    /** Whether everything that was closed is acknowledged. */
    boolean isIdle() {
        return pending == null;
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
