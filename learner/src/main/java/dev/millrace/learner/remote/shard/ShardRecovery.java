package dev.millrace.learner.remote.shard;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Snapshot;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a shard goes on after a restart: the rows of its newest snapshot, under the sequence that its deltas on the log
 * have reached. Learners send again what is missing in between; until that is applied nothing is published, and then
 * every row that those deltas held travels anew, since several learners may bring their pushes in another order than
 * before.
 */
public final class ShardRecovery {
    private final ShardState state;
    private final SortedMap<Integer, Long> mustReach = new TreeMap<>();
    private final LongOpenHashSet published = new LongOpenHashSet();
    private long lastDeltaOffset;
    private long sequence;
    private long epoch;

    /**
     * @param lastDeltaOffset of the last delta on the log; −1: none
     * @param mustReach partition of the samples to the offset that must be applied before the next delta
     */
    public record Recovered(ShardState state, long lastDeltaOffset, SortedMap<Integer, Long> mustReach) {}

    /** @param newest null: there is none; stays the giver's */
    public ShardRecovery(ModelSpec spec, ShardState.Id id, @Nullable Snapshot newest) {
        this(spec, id, newest, newest == null ? -1 : newest.header().deltaOffset());
    }

    /** @param deltaOffset of the last delta that the snapshot includes; −1: none */
    public ShardRecovery(ModelSpec spec, ShardState.Id id, @Nullable Snapshot newest, long deltaOffset) {
        state = newest == null ? ShardState.empty(spec, id) : ShardState.of(spec, id, newest);
        lastDeltaOffset = deltaOffset;
        sequence = state.sequence();
        epoch = state.epoch();
    }

    /** Offset of the first delta that the snapshot does not include; −1: the log's beginning. */
    public long from() {
        return lastDeltaOffset < 0 ? -1 : lastDeltaOffset + 1;
    }

    /**
     * Takes note of a delta behind the snapshot, as a replica does: one of an owner that had lost the shard already is
     * dropped, the first one of a new owner says which sequence it goes on from.
     */
    public void published(long offset, Delta delta) {
        lastDeltaOffset = offset;
        Delta.Header header = delta.header();
        if (header.epoch() < epoch || (header.epoch() == epoch && header.sequence() <= sequence)) {
            return;
        }
        epoch = header.epoch();
        sequence = header.sequence();
        header.ranges().forEach((partition, range) -> mustReach.merge(partition, range.to(), Math::max));
        for (long key : delta.keys()) {
            published.add(key);
        }
    }

    /** @param generation of the group that owns the shards: the epoch is at least that, and above any on the log */
    public Recovered finish(long generation) {
        state.goOnFrom(sequence);
        state.sendAnew(published.toLongArray());
        state.epoch(Math.max(generation, epoch + 1));
        return new Recovered(state, lastDeltaOffset, mustReach);
    }
}
