package dev.millrace.ps.wire;

import java.nio.ByteBuffer;

/** An answer's body, which lies in a pooled buffer until it is closed. */
public interface FlatReply extends AutoCloseable {
    /** Little-endian, from position to limit, at any alignment. Not to be touched after {@link #close()}. */
    ByteBuffer body();

    /** Returns the buffer; again: nothing. */
    @Override
    void close();
}
