package dev.millrace.ps.serve;

import dev.millrace.ps.parity.ShardParity;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a replica of the weights says of itself. Safe for many threads. */
public interface ReplicaState {
    ServedVersion version();

    /**
     * Whether it follows the log and has applied every delta that stood there when it began to. False again while
     * deltas are missing or the log cannot be read: the weights that it has go on serving.
     */
    boolean caughtUp();

    /**
     * Calls the listener after each applied delta, on the thread that applies: it must not block. What it throws is
     * logged and stops nothing.
     */
    void onApplied(Consumer<ServedVersion> listener);

    /** What comparing the weights with training's has found, a shard each; empty where nothing compares them. */
    default List<ShardParity> parity() {
        return List.of();
    }

    /** Null where the rows are not in this process. */
    default @Nullable StoreStats store() {
        return null;
    }
}
