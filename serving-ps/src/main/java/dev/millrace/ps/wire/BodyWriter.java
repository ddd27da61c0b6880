package dev.millrace.ps.wire;

import java.nio.ByteBuffer;

/** Writes a body into the place where it is sent from. Quick and without waiting: others may wait for the place. */
@FunctionalInterface
public interface BodyWriter {
    /** An empty body. */
    BodyWriter NOTHING = target -> {};

    /**
     * @param target little-endian, at position 0, its limit the bytes that were announced; the body is what lies before
     *     the position afterwards
     */
    void write(ByteBuffer target);
}
