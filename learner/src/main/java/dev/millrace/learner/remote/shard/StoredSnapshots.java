package dev.millrace.learner.remote.shard;

import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Published;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotWriter;
import java.util.concurrent.Future;

/** A shard's snapshots in its store, written behind by a thread of the writer. */
public final class StoredSnapshots implements SnapshotTarget {
    private final SnapshotStore store;
    private final SnapshotWriter writer;
    private boolean underWay;
    private long written = -1;

    /** Both are closed with this. */
    public StoredSnapshots(SnapshotStore store, SnapshotWriter writer) {
        this.store = store;
        this.writer = writer;
    }

    @Override
    public boolean idle() {
        if (underWay && writer.idle()) {
            underWay = false;
            try {
                Published newest = writer.complete();
                written = newest == null ? -1 : newest.sequence();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return writer.idle();
    }

    @Override
    public void begin(ShardState state, Future<Long> deltaOffset) {
        state.beginSnapshot(writer, deltaOffset, Extras.NONE);
        underWay = true;
    }

    @Override
    public void advance(long budgetNs) {
        writer.advance(budgetNs);
    }

    @Override
    public long written() {
        return written;
    }

    @Override
    public void close() {
        writer.close();
        store.close();
    }
}
