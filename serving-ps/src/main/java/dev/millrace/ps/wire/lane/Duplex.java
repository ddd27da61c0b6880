package dev.millrace.ps.wire.lane;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Bytes to and from one peer, without waiting. One thread reads and awaits; one thread at a time writes; any thread wakes
 * and closes.
 */
interface Duplex extends Closeable {
    /** Reasons to come back from {@link #await}; a wake-up always is one. */
    int READABLE = 1;

    int WRITABLE = 2;

    /** @return how many bytes, 0 for none now, -1 at the end */
    int read(ByteBuffer target) throws IOException;

    /** @return how many bytes, 0 for no room now */
    int write(ByteBuffer source) throws IOException;

    /**
     * Sleeps until a reason, a wake-up or the time limit.
     *
     * @param eager whether the next bytes are worth watching for, at the cost of processor time: something waits for them,
     *     and little else is under way
     */
    void await(int reasons, long timeoutNs, boolean eager) throws IOException;

    void wakeUp();

    /** From how many queued bytes on it pays to write without collecting more. */
    int worthWriting();

    /** For people. */
    String peer();
}
