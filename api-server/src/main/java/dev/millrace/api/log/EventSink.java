package dev.millrace.api.log;

import dev.millrace.ingest.proto.Action;
import java.util.concurrent.CompletableFuture;

/**
 * Where impressions and actions go. A future completes when the log holds the record, and fails when it may not; with
 * Kafka's {@code RecordTooLargeException} when it never will.
 */
public interface EventSink {
    /** @param envelope a {@code millrace.v1.Envelope} with the impression of that request */
    CompletableFuture<Void> impression(String requestId, byte[] envelope);

    CompletableFuture<Void> action(Action action);
}
