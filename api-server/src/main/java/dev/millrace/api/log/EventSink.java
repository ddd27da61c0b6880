package dev.millrace.api.log;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import java.util.concurrent.CompletableFuture;

/**
 * Where impressions and actions go. A future completes when the log holds the record, and fails when it may not; with
 * Kafka's {@code RecordTooLargeException} when it never will.
 */
public interface EventSink {
    CompletableFuture<Void> impression(Impression impression);

    CompletableFuture<Void> action(Action action);
}
