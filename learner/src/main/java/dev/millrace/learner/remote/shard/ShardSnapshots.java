package dev.millrace.learner.remote.shard;

import dev.millrace.learner.training.ShardState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * When a shard's snapshot is taken: as its last changes are closed into a delta. It stands only once the log has that
 * delta, so that a snapshot is never ahead of the log. Belongs to the shard's owner.
 */
final class ShardSnapshots implements AutoCloseable {
    /** What a snapshot under way may take between two requests. */
    private static final Duration SLICE = Duration.ofMillis(5);

    private final ShardState state;
    private final DeltaOutbox outbox;
    private final SnapshotTarget target;
    private final ShardConfig config;
    private final InstantSource clock;
    private SortedMap<Integer, Long> taken = new TreeMap<>();
    private SortedMap<Integer, Long> durable;
    private long takenSequence;
    private long durableSequence;
    private long nextAtMs;

    ShardSnapshots(
            ShardState state, DeltaOutbox outbox, SnapshotTarget target, ShardConfig config, InstantSource clock) {
        this.state = state;
        this.outbox = outbox;
        this.target = target;
        this.config = config;
        this.clock = clock;
        this.durable = state.offsets();
        this.takenSequence = state.sequence();
        this.durableSequence = state.sequence();
        this.nextAtMs = clock.millis() + config.snapshotInterval().toMillis();
    }

    void tick() {
        target.advance(SLICE.toNanos());
        if (!target.idle()) {
            return;
        }
        if (target.written() == takenSequence && takenSequence != durableSequence) {
            durable = taken;
            durableSequence = takenSequence;
        }
        if (clock.millis() >= nextAtMs) {
            take();
        }
    }

    /** Begins one, if there is something new and the moment allows it. */
    private void take() {
        if (!outbox.isIdle() || !outbox.caughtUp()) {
            return;
        }
        outbox.closeAll();
        if (state.sequence() == durableSequence) {
            // Nothing new.
            return;
        }
        taken = state.offsets();
        takenSequence = state.sequence();
        target.begin(state, outbox.acknowledgement());
        nextAtMs = clock.millis() + config.snapshotInterval().toMillis();
    }

    /** Takes the next one as soon as the moment allows it. */
    void soon() {
        nextAtMs = clock.millis();
    }

    /** Whether the newest snapshot stands and holds everything that was published. */
    boolean isIdle() {
        return target.idle() && outbox.isIdle() && durableSequence == state.sequence();
    }

    /** The first record of the partition that the newest snapshot does not include. */
    long durable(int partition) {
        return durable.getOrDefault(partition, 0L);
    }

    @Override
    public void close() {
        target.close();
    }
}
