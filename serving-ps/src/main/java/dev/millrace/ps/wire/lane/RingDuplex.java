package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.shm.Ring;
import dev.millrace.ps.wire.shm.RingFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The rings of one connection and the socket over which they were agreed upon. The socket wakes a sleeping peer (one
 * byte, sent only when its sleep was announced) and shows a dead one, for the system closes it.
 *
 * <p>An eager reading thread watches the ring for a while before it sleeps; it does not yield in between, which on a busy
 * machine costs a whole time slice, where a sleeper that is woken runs at once. What it writes itself is seen at once by a
 * peer that watches, and wakes one that sleeps when there is enough, or when this side has nothing more to do: so with many
 * calls in flight both sides work in batches, and neither burns the other's core.
 */
final class RingDuplex implements Duplex {
    /** One read: the writer gets room early, and what was read is still in the cache when it is used. */
    private static final int MOST_AT_ONCE = 32 << 10;

    private static final int LOOKS_BETWEEN_CLOCKS = 64;
    private static final int WORTH_WAKING = 32 << 10;

    private final SocketDuplex socket;
    private final RingFile file;
    private final Ring in;
    private final Ring out;
    private final boolean serving;
    private final long spinNs;
    private final ByteBuffer rung = ByteBuffer.allocateDirect(64);
    private volatile boolean woken;
    private boolean peerGone;

    /** Of the reading thread: bytes that it wrote and rang for nobody. */
    private int unrung;

    private @Nullable Thread reader;

    RingDuplex(SocketDuplex socket, RingFile file, boolean serving, long spinNs) {
        this.socket = socket;
        this.file = file;
        this.in = serving ? file.requests() : file.replies();
        this.out = serving ? file.replies() : file.requests();
        this.serving = serving;
        this.spinNs = spinNs;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        try {
            int n = in.read(target, MOST_AT_ONCE);
            if (n > 0) {
                wakePeer(WRITABLE);
                return n;
            }
            return peerGone ? -1 : 0;
        } catch (IllegalStateException e) {
            throw closed(e);
        }
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        try {
            int n = out.write(source);
            if (Thread.currentThread().equals(reader)) {
                unrung += n;
                if (unrung >= WORTH_WAKING) {
                    ring();
                }
            } else if (n > 0) {
                wakePeer(READABLE);
            }
            return n;
        } catch (IllegalStateException e) {
            throw closed(e);
        }
    }

    private void ring() throws IOException {
        if (unrung > 0) {
            unrung = 0;
            wakePeer(READABLE);
        }
    }

    private void wakePeer(int reason) throws IOException {
        if (file.mustWake(!serving, reason)) {
            // No room in the socket means that it was rung before and not heard yet.
            socket.write(ByteBuffer.allocate(1));
        }
    }

    @Override
    public void await(int reasons, long timeoutNs, boolean eager) throws IOException {
        reader = Thread.currentThread();
        try {
            ring();
            if (isReady(reasons) || (eager && spin(reasons))) {
                woken = false;
                return;
            }
            file.sleep(serving, reasons);
            if (!isReady(reasons)) {
                socket.await(READABLE, timeoutNs, false);
            }
            file.sleep(serving, 0);
            woken = false;
            hear();
        } catch (IllegalStateException e) {
            throw closed(e);
        }
    }

    private boolean isReady(int reasons) {
        return woken || ((reasons & READABLE) != 0 && !in.isEmpty()) || ((reasons & WRITABLE) != 0 && !out.isFull());
    }

    private boolean spin(int reasons) {
        long startNs = System.nanoTime();
        do {
            for (int i = 0; i < LOOKS_BETWEEN_CLOCKS; i++) {
                if (isReady(reasons)) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - startNs < spinNs);
        return false;
    }

    /** Takes the bytes that woke this thread, and notices the end. */
    private void hear() throws IOException {
        int n;
        do {
            rung.clear();
            n = socket.read(rung);
        } while (n == rung.capacity());
        if (n < 0) {
            if (peerGone) {
                throw new EOFException("the peer is gone");
            }
            peerGone = true;
        }
    }

    private static IOException closed(IllegalStateException e) {
        return new IOException("the rings were unmapped", e);
    }

    @Override
    public void wakeUp() {
        woken = true;
        socket.wakeUp();
    }

    @Override
    public int worthWriting() {
        return 1;
    }

    @Override
    public String peer() {
        return socket.peer();
    }

    @Override
    public void close() throws IOException {
        try {
            socket.close();
        } finally {
            file.close();
        }
    }
}
