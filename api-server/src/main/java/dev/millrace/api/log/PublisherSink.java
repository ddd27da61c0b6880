package dev.millrace.api.log;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.publish.EventPublisher;
import java.util.concurrent.CompletableFuture;

/** Kafka, through the publisher. */
public record PublisherSink(EventPublisher publisher) implements EventSink {
    @Override
    public CompletableFuture<Void> impression(String requestId, byte[] envelope) {
        return publisher.impression(requestId, envelope);
    }

    @Override
    public CompletableFuture<Void> action(Action action) {
        return publisher.action(action);
    }
}
