package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import java.io.IOException;

/**
 * Where a {@link DeltaFollower} puts the deltas of all shards: weights in memory, or another store. It decides about
 * each delta by {@link DeltaOrder}. Belongs to the following thread, which closes it.
 */
public interface DeltaSink extends AutoCloseable {
    /**
     * Called before the log is read, and again after each failure: brings the sink to a state that it can go on from.
     *
     * @param shards of the model: partitions of its delta topic
     * @return for each shard the offset on its partition to go on from; −1: its beginning
     */
    long[] resume(int shards) throws IOException;

    /** @param following offset on the shard's partition after this delta */
    Applied apply(Delta delta, long following);

    /** Called after each poll: what was applied is to be kept. */
    void persist();

    /**
     * Takes the newest snapshot of a shard if it is newer than what the sink has of it.
     *
     * @return offset on the shard's partition to go on from, or −1 when no snapshot helps yet
     */
    long mend(int shard) throws IOException;

    @Override
    void close();
}
