package dev.millrace.ps.wire;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * One connection. Calls are pipelined and answered in any order. A connection that ended stays so: every pending call
 * fails with {@link WireCode#UNAVAILABLE} at once, as do all later ones, and the caller connects anew.
 */
public interface FlatClient extends AutoCloseable {
    Endpoint endpoint();

    /**
     * Sends a request; any thread. When {@link WireOptions#inFlight} calls wait for answers, this waits or fails with
     * {@link WireCode#OVERLOADED}, as {@link WireOptions#whenFull} says; on the connection's own thread it never waits.
     *
     * @param op 0 to 255
     * @param maxBytes room for the body; more than the frame's bound fails with {@link WireCode#BAD_REQUEST}
     * @param writer called before this returns
     * @param deadline from now; waiting counts
     * @return the answer, to be closed, or a {@link WireException}; completed on the connection's thread, so what
     *     depends on it there must not block
     */
    CompletableFuture<FlatReply> call(int op, int maxBytes, BodyWriter writer, Duration deadline);

    /** As above, with the deadline of the options. */
    CompletableFuture<FlatReply> call(int op, int maxBytes, BodyWriter writer);

    /** Completes when the connection has ended, whoever ended it. */
    CompletableFuture<Void> ended();

    default boolean isOpen() {
        return !ended().isDone();
    }

    /** Calls and waits for the answer. */
    default FlatReply ask(int op, int maxBytes, BodyWriter writer) {
        try {
            return call(op, maxBytes, writer).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof WireException refused ? refused : e;
        }
    }

    @Override
    void close();
}
