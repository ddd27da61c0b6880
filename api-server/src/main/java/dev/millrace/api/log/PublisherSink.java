package dev.millrace.api.log;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.publish.EventPublisher;
import java.util.concurrent.CompletableFuture;

/** Kafka, through the publisher. */
public record PublisherSink(EventPublisher publisher) implements EventSink {
    @Override
    public CompletableFuture<Void> impression(Impression impression) {
        return publisher.impression(impression);
    }

    @Override
    public CompletableFuture<Void> action(Action action) {
        return publisher.action(action);
    }
}
