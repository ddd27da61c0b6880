package dev.millrace.ps.wire;

import java.nio.ByteBuffer;

/** One request, to be answered exactly once, by any thread; a second answer is an {@link IllegalStateException}. */
public interface FlatRequest {
    /** 0 to 255. */
    int op();

    /** Little-endian, from position to limit, at any alignment. Not to be touched after the answer. */
    ByteBuffer body();

    /**
     * Answers; waits for no network.
     *
     * @param maxBytes room for the body; more than the frame's bound, or a writer that throws, answers
     *     {@link WireCode#INTERNAL} instead
     */
    void reply(int maxBytes, BodyWriter writer);

    default void fail(WireCode code, String message) {
        fail(code, 0, message);
    }

    void fail(WireCode code, long detail, String message);
}
