package dev.millrace.learner.remote.shard;

import dev.millrace.ps.delta.Delta;
import java.util.concurrent.CompletableFuture;

/** The end of one shard's partition of the delta topic. */
public interface DeltaWriter extends AutoCloseable {
    /**
     * Writes it behind everything written before. Does not wait.
     *
     * @return its offset once the log has it; or a failure, after which it may stand there nevertheless
     */
    CompletableFuture<Long> append(Delta delta);

    @Override
    void close();
}
