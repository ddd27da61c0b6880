package dev.millrace.api;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.api.log.EventSink;
import dev.millrace.api.log.LogListener;
import dev.millrace.api.log.Tail;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/** A log in a list, that may refuse, or keep its writers waiting. */
public final class MemoryLog implements EventSink, Tail {
    /** What becomes of a write. */
    public enum Mode {
        ACKNOWLEDGE,
        REFUSE,
        TOO_LARGE,
        WAIT
    }

    public final List<Impression> impressions = new CopyOnWriteArrayList<>();
    public final List<Action> actions = new CopyOnWriteArrayList<>();
    public volatile Mode mode = Mode.ACKNOWLEDGE;
    public volatile boolean caughtUp = true;
    public volatile long lastRecordMs;
    public volatile @Nullable LogListener listener;
    private final List<CompletableFuture<Void>> waiting = new CopyOnWriteArrayList<>();

    public Tail tail(LogListener newListener) {
        listener = newListener;
        return this;
    }

    @Override
    public CompletableFuture<Void> impression(String requestId, byte[] envelope) {
        return write(() -> {
            try {
                impressions.add(Envelope.parseFrom(envelope).getImpression());
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalArgumentException(requestId, e);
            }
        });
    }

    @Override
    public CompletableFuture<Void> action(Action action) {
        return write(() -> actions.add(action));
    }

    private CompletableFuture<Void> write(Runnable append) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        switch (mode) {
            case ACKNOWLEDGE -> {
                append.run();
                done.complete(null);
            }
            case REFUSE -> done.completeExceptionally(new IllegalStateException("refused"));
            case TOO_LARGE -> done.completeExceptionally(new RecordTooLargeException("too large"));
            case WAIT -> {
                append.run();
                waiting.add(done);
            }
        }
        return done;
    }

    /** How many writers wait. */
    public int waiting() {
        return waiting.size();
    }

    /** Acknowledges to all who wait. */
    public void acknowledge() {
        waiting.forEach(f -> f.complete(null));
        waiting.clear();
    }

    @Override
    public boolean caughtUp() {
        return caughtUp;
    }

    @Override
    public long lastRecordMs() {
        return lastRecordMs;
    }

    @Override
    public long skipped() {
        return 0;
    }

    @Override
    public void close() {
        listener = null;
    }
}
