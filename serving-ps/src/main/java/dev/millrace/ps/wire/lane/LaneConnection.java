package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.WireOptions;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One end of a connection: its thread reads frames, hands them on, and writes what was queued before it sleeps. */
abstract class LaneConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneConnection.class);
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int IDLE_TICKS = 20;

    final WireOptions options;
    final Outbox outbox;
    private final Duplex peer;
    private final Inbox inbox = new Inbox();
    private final Thread thread;
    private final AtomicBoolean closing = new AtomicBoolean();

    LaneConnection(Duplex peer, WireOptions options, String name) {
        this.peer = peer;
        this.options = options;
        this.outbox = new Outbox(peer, options.queueBytes());
        this.thread =
                Thread.ofPlatform().daemon().name(name + " " + peer.peer()).unstarted(this::run);
    }

    /** The connection's thread begins. */
    final void start() {
        thread.start();
    }

    /** A whole frame, whose body lies in {@code chunk} at {@code at}; whoever keeps it holds the chunk. */
    abstract void frame(int op, long id, Chunk chunk, int at, int bytes) throws IOException;

    /** Whether more frames may be read now; when that changes back, a wake-up. */
    abstract boolean mayRead();

    /** Whether the next frame is better watched for than slept for. */
    abstract boolean isEager();

    /** About every 50 ms. */
    abstract void tick(long nowNs);

    /** The connection is closed. @param why null if this end closed it */
    abstract void ended(@Nullable IOException why);

    final boolean onThread() {
        return Thread.currentThread().equals(thread);
    }

    final String peer() {
        return peer.peer();
    }

    final void wakeUp() {
        peer.wakeUp();
    }

    /** After something was added to the outbox. */
    final void send() {
        try {
            if (onThread()) {
                if (outbox.queued() >= peer.worthWriting()) {
                    outbox.flush(false);
                }
            } else if (Thread.currentThread().isInterrupted() || !outbox.flush(false)) {
                // An interrupted thread's write would close the channel for all.
                peer.wakeUp();
            }
        } catch (IOException e) {
            LOG.debug("{}: {}", peer.peer(), e.toString());
            // The reading thread meets the same end, and says so.
            closePeer();
            peer.wakeUp();
        }
    }

    private void run() {
        IOException why = null;
        try {
            serve();
        } catch (IOException e) {
            why = e;
        } catch (RuntimeException | Error e) {
            LOG.error("{}: the connection's thread failed", peer.peer(), e);
            why = new IOException(e);
        } finally {
            closePeer();
            outbox.close();
            inbox.close();
            report(why);
            ended(closing.get() ? null : why);
        }
    }

    private void report(@Nullable IOException why) {
        if (why == null || closing.get()) {
            LOG.debug("{}: closed", peer.peer());
        } else if (why instanceof Frames.BrokenException) {
            LOG.warn("{}: closed the connection: {}", peer.peer(), why.getMessage());
        } else {
            LOG.debug("{}: the connection ended: {}", peer.peer(), why.toString());
        }
    }

    private void serve() throws IOException {
        long tickNs = System.nanoTime() + TICK_NS;
        int idleTicks = 0;
        while (!closing.get()) {
            boolean reading = mayRead();
            int n = reading ? inbox.fill(peer) : 0;
            if (n < 0) {
                throw end();
            }
            boolean progress = takeFrames() || n > 0;
            boolean flushed = outbox.queued() == 0 || outbox.flush(true);
            long nowNs = System.nanoTime();
            if (nowNs - tickNs >= 0) {
                tick(nowNs);
                tickNs = nowNs + TICK_NS;
                idleTicks = progress ? 0 : idleTicks + 1;
                if (idleTicks == IDLE_TICKS) {
                    inbox.shrink();
                }
            }
            if (!progress) {
                peer.await((reading ? Duplex.READABLE : 0) | (flushed ? 0 : Duplex.WRITABLE), TICK_NS, isEager());
            }
        }
    }

    private IOException end() {
        return inbox.available() == 0
                ? new EOFException("closed by the peer")
                : new Frames.BrokenException("it ended within a frame, after " + inbox.available() + " bytes of it");
    }

    private boolean takeFrames() throws IOException {
        boolean any = false;
        while (inbox.available() >= Frames.HEADER && mayRead()) {
            Chunk chunk = inbox.chunk();
            ByteBuffer bytes = chunk.bytes;
            int at = inbox.start();
            int length = bytes.getInt(at);
            if (bytes.get(at + Frames.MARK_AT) != Frames.MARK) {
                throw new Frames.BrokenException("these bytes are no frame");
            }
            if (length < 0 || length > options.maxFrameBytes()) {
                throw new Frames.BrokenException("a frame of " + Integer.toUnsignedLong(length)
                        + " bytes is beyond the bound of " + options.maxFrameBytes());
            }
            if (inbox.available() < Frames.HEADER + length) {
                break;
            }
            inbox.take(Frames.HEADER + length);
            int op = Byte.toUnsignedInt(bytes.get(at + Frames.OP_AT));
            frame(op, bytes.getLong(at + Frames.ID_AT), chunk, at + Frames.HEADER, length);
            any = true;
        }
        return any;
    }

    private void closePeer() {
        try {
            peer.close();
        } catch (IOException | IllegalStateException e) {
            LOG.debug("{}: while closing: {}", peer.peer(), e.toString());
        }
    }

    /** Ends the connection; its thread follows. Any thread. */
    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            peer.wakeUp();
        }
        if (!onThread()) {
            try {
                thread.join(options.connectTimeout());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
