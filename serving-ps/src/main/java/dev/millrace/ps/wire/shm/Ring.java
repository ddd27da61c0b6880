package dev.millrace.ps.wire.shm;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A stream of bytes from one thread to another, a view of shared memory:
 *
 * <pre>
 *   written  -+- how many bytes were ever written;  on a cache line pair of its own
 *   read     -+- how many were ever read;           on a cache line pair of its own
 *   bytes    [capacity, a power of two], byte n at n mod capacity
 * </pre>
 *
 * | field   | written by    | read by the other | guards                                         |
 * |---------|---------------|-------------------|------------------------------------------------|
 * | written | writer, release | acquire         | the bytes before it are there                  |
 * | read    | reader, release | acquire         | the bytes before it may be overwritten         |
 *
 * <p>Each side keeps the other's counter as it last saw it and looks again only when that no longer suffices. What the
 * other process puts into its counter is checked before it is believed.
 */
public final class Ring {
    private static final VarHandle COUNTER = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment counters;
    private final long writtenAt;
    private final long readAt;
    private final ByteBuffer bytes;
    private final int capacity;

    /** Of the writing side: own position, and the reader's as last seen. */
    private long written;

    private long readSeen;

    /** Of the reading side. */
    private long read;

    private long writtenSeen;

    Ring(MemorySegment file, long writtenAt, long readAt, long bytesAt, int capacity) {
        this.counters = file;
        this.writtenAt = writtenAt;
        this.readAt = readAt;
        this.bytes = file.asSlice(bytesAt, capacity).asByteBuffer();
        this.capacity = capacity;
    }

    /** Writes what fits. @return how many bytes, 0 when the ring is full */
    public int write(ByteBuffer source) throws IOException {
        int wanted = source.remaining();
        if (capacity - (written - readSeen) < wanted) {
            readSeen = checked((long) COUNTER.getAcquire(counters, readAt), written - capacity, written);
        }
        int n = (int) Math.min(wanted, capacity - (written - readSeen));
        if (n == 0) {
            return 0;
        }
        int at = (int) (written & (capacity - 1));
        int first = Math.min(n, capacity - at);
        bytes.put(at, source, source.position(), first);
        bytes.put(0, source, source.position() + first, n - first);
        source.position(source.position() + n);
        written += n;
        COUNTER.setRelease(counters, writtenAt, written);
        return n;
    }

    /** Reads at most {@code most} bytes, and what {@code target} has room for. @return how many, 0 when there are none */
    public int read(ByteBuffer target, int most) throws IOException {
        if (writtenSeen == read) {
            writtenSeen = checked((long) COUNTER.getAcquire(counters, writtenAt), read, read + capacity);
        }
        int n = (int) Math.min(Math.min(most, target.remaining()), writtenSeen - read);
        if (n == 0) {
            return 0;
        }
        int at = (int) (read & (capacity - 1));
        int first = Math.min(n, capacity - at);
        target.put(target.position(), bytes, at, first);
        target.put(target.position() + first, bytes, 0, n - first);
        target.position(target.position() + n);
        read += n;
        COUNTER.setRelease(counters, readAt, read);
        return n;
    }

    /** For the reader. */
    public boolean isEmpty() {
        return (long) COUNTER.getAcquire(counters, writtenAt) == read;
    }

    /** For the writer. */
    public boolean isFull() {
        return written - (long) COUNTER.getAcquire(counters, readAt) >= capacity;
    }

    private static long checked(long counter, long least, long most) throws IOException {
        if (counter < least || counter > most) {
            throw new IOException("the other process broke the ring: " + counter + " is not " + least + " to " + most);
        }
        return counter;
    }
}
