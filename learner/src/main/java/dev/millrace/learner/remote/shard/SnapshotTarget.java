package dev.millrace.learner.remote.shard;

import dev.millrace.learner.training.ShardState;
import java.util.concurrent.Future;

/** Takes a shard's snapshots while it goes on learning. Called by the shard's owner. */
public interface SnapshotTarget extends AutoCloseable {
    /** Whether another one may {@link #begin}. */
    boolean idle();

    /**
     * Begins a snapshot of the shard as it is now, between batches.
     *
     * @param deltaOffset where the last closed batch's delta stands on the log, once the log has it
     */
    void begin(ShardState state, Future<Long> deltaOffset);

    /** Goes on with the one under way for about so long. */
    void advance(long budgetNs);

    /** Sequence of the newest that was begun here and stands; −1: none. Only while {@link #idle}. */
    long written();

    /** Gives up what is not handed out yet, and waits for what is being written. */
    @Override
    void close();
}
