package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.BodyWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Frames on their way to a peer. Whoever adds one may write; whoever finds another thread writing leaves the frame to it,
 * so that what gathers during one write goes out with the next. Nobody waits for the peer here: what it has no room for
 * stays, and the connection's thread goes on with it.
 *
 * <pre>
 *   add ─▶ filling ──swap──▶ draining ─▶ peer     one thread at a time drains, outside the lock
 * </pre>
 */
final class Outbox {
    /** A buffer that a large frame needed is not kept beyond this. */
    private static final int KEPT = 1 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition drained = lock.newCondition();
    private final Duplex peer;
    private final int maxBytes;
    private ByteBuffer filling = BufferPool.SHARED.take(BufferPool.SMALLEST);
    private ByteBuffer draining = BufferPool.SHARED.take(BufferPool.SMALLEST).limit(0);
    private boolean writing;
    private boolean blocked;
    private boolean closed;
    private int bytes;

    /** {@code bytes} for those without the lock. */
    private volatile int queued;

    /** @param maxBytes beyond which {@link #add} waits or refuses, one frame excepted */
    Outbox(Duplex peer, int maxBytes) {
        this.peer = peer;
        this.maxBytes = maxBytes;
    }

    enum Added {
        YES,
        FULL,
        CLOSED
    }

    /**
     * Adds a frame; what the writer throws comes through, and nothing was added.
     *
     * @param bound whether the queue's bound holds
     * @param waitUntilNs how long to wait for room, as {@link System#nanoTime}; {@link Long#MIN_VALUE}: not at all
     */
    Added add(int op, long id, int maxBody, BodyWriter writer, boolean bound, long waitUntilNs) {
        lock.lock();
        try {
            while (bound && !closed && bytes > 0 && bytes + (long) maxBody > maxBytes) {
                if (waitUntilNs == Long.MIN_VALUE || drained.awaitNanos(waitUntilNs - System.nanoTime()) <= 0) {
                    return Added.FULL;
                }
            }
            if (closed) {
                return Added.CLOSED;
            }
            write(op, id, maxBody, writer);
            return Added.YES;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Added.FULL;
        } finally {
            lock.unlock();
        }
    }

    private void write(int op, long id, int maxBody, BodyWriter writer) {
        int frame = Frames.HEADER + maxBody;
        if (filling.remaining() < frame) {
            grow(frame);
        }
        int at = filling.position();
        ByteBuffer body = filling.slice(at + Frames.HEADER, maxBody).order(ByteOrder.LITTLE_ENDIAN);
        writer.write(body);
        int written = body.position();
        filling.putInt(at, written);
        filling.put(at + Frames.OP_AT, (byte) op);
        filling.put(at + Frames.MARK_AT, Frames.MARK);
        filling.putShort(at + Frames.MARK_AT + 1, (short) 0);
        filling.putLong(at + Frames.ID_AT, id);
        filling.position(at + Frames.HEADER + written);
        count(Frames.HEADER + written);
    }

    private void count(int more) {
        bytes += more;
        queued = bytes;
    }

    private void grow(int more) {
        ByteBuffer larger = BufferPool.SHARED.take(Math.addExact(filling.position(), more));
        larger.put(filling.flip());
        BufferPool.SHARED.give(filling);
        filling = larger;
    }

    /** Bytes that the peer has not taken. */
    int queued() {
        return queued;
    }

    /**
     * Writes what there is, unless another thread does, or the peer has no room.
     *
     * @param retry for the connection's thread: tries again though there was no room
     * @return false if the connection's thread has to go on when there is room
     */
    boolean flush(boolean retry) throws IOException {
        lock.lock();
        try {
            if (writing || closed) {
                return true;
            }
            if (blocked && !retry) {
                return false;
            }
            writing = true;
            try {
                return drain();
            } finally {
                writing = false;
                if (closed) {
                    giveBack();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean drain() throws IOException {
        while (!closed) {
            if (!draining.hasRemaining() && !swap()) {
                blocked = false;
                return true;
            }
            ByteBuffer part = draining;
            int n;
            lock.unlock();
            try {
                n = peer.write(part);
            } finally {
                lock.lock();
            }
            if (n == 0) {
                blocked = true;
                return false;
            }
            count(-n);
            drained.signalAll();
        }
        return true;
    }

    /** @return false if nothing waits */
    private boolean swap() {
        if (filling.position() == 0) {
            return false;
        }
        ByteBuffer empty = draining;
        draining = filling.flip();
        if (empty.capacity() > KEPT) {
            BufferPool.SHARED.give(empty);
            empty = BufferPool.SHARED.take(BufferPool.SMALLEST);
        }
        filling = empty.clear();
        return true;
    }

    /** Drops what is left; whoever waits comes back. */
    void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                drained.signalAll();
                if (!writing) {
                    giveBack();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void giveBack() {
        BufferPool.SHARED.give(filling);
        BufferPool.SHARED.give(draining);
    }
}
