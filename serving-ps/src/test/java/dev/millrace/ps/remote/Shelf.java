package dev.millrace.ps.remote;

import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.serve.ReplicaState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import dev.millrace.ps.serve.WeightReader;
import java.util.Map;
import java.util.function.Consumer;

/** Weights of some shards, each key's weight the sequence of its shard, which a test moves on by hand. */
final class Shelf implements WeightReader, ReplicaState {
    private final ServingKeys keys;
    private ServedVersion version;
    volatile boolean caughtUp = true;
    volatile Runnable beforeRead = () -> {};

    Shelf(ServingKeys keys, int shards) {
        this.keys = keys;
        version = ServedVersion.before(shards);
    }

    synchronized void set(int shard, long sequence) {
        var moved = new ShardVersion(sequence, 0, sequence, Map.of(shard, sequence), sequence, 0, 0);
        version = version.with(shard, moved, 1, 1).withRows(10);
    }

    @Override
    public ServedVersion read(long[] wanted, int n, float[] weights) {
        beforeRead.run();
        synchronized (this) {
            int shards = version.shards().size();
            for (int i = 0; i < n; i++) {
                weights[i] =
                        version.shards().get(keys.shardOf(wanted[i], shards)).sequence();
            }
            return version;
        }
    }

    @Override
    public synchronized ServedVersion version() {
        return version;
    }

    @Override
    public boolean caughtUp() {
        return caughtUp;
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        throw new UnsupportedOperationException();
    }
}
