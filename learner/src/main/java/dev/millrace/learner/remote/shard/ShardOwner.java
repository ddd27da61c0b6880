package dev.millrace.learner.remote.shard;

import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that owns one shard: opens it, answers its requests one by one, and brings it to an orderly end. A shard that
 * fails is opened anew, from its snapshot and the log, after a pause.
 *
 * <pre>
 *  field      read by                written by
 *  queue      owner                  connections' threads     bounded; full: refused as overload
 *  open       connections' threads   owner                    volatile; requests are refused while it is false
 *  closing    owner                  closing thread           latch
 *  shard      owner only; the table and everything behind it belong to this thread
 * </pre>
 */
public final class ShardOwner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardOwner.class);
    private static final Duration TICK = Duration.ofMillis(5);
    private static final Duration SETTLE = Duration.ofSeconds(20);
    private static final Duration CLOSE = Duration.ofSeconds(30);
    private static final int BURST = 64;

    /** Tells others that the shard answers here. */
    @FunctionalInterface
    public interface OnOpen {
        void open(long epoch) throws InterruptedException;
    }

    private final String name;
    private final Callable<RemoteShard> opener;
    private final OnOpen onOpen;
    private final Duration retry;
    private final BlockingQueue<FlatRequest> queue;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean open;
    private volatile boolean abandoned;

    /**
     * @param opener recovers the shard; called on the owner's thread, again after each failure
     * @param onOpen called there once the shard answers
     */
    public ShardOwner(String name, ShardConfig config, Callable<RemoteShard> opener, OnOpen onOpen) {
        this.name = name;
        this.opener = opener;
        this.onOpen = onOpen;
        this.retry = config.retry();
        this.queue = new ArrayBlockingQueue<>(config.queue());
        this.thread = Thread.ofPlatform().name("shard-" + name).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Hands a request over. Any thread. */
    public void submit(FlatRequest request) {
        if (!open) {
            request.fail(WireCode.UNAVAILABLE, "shard " + name + " is being restored");
        } else if (!queue.offer(request)) {
            request.fail(WireCode.OVERLOADED, "shard " + name + " has " + queue.size() + " requests waiting");
        } else if (!open) {
            // It ended meanwhile: whoever takes the request out answers it.
            refuseAll();
        }
    }

    private void run() {
        while (isRunning()) {
            try (RemoteShard shard = opener.call()) {
                open = true;
                onOpen.open(shard.status().epoch());
                serve(shard);
                open = false;
                settle(shard);
            } catch (InterruptedException e) {
                LOG.warn("shard {} was interrupted", name);
                closing.countDown();
            } catch (Exception | Error e) {
                // An error too: a shard that is silently gone is worse than one that fails again.
                LOG.error("shard {} failed; it is restored from its snapshot in {}", name, retry, e);
                open = false;
                await(retry);
            } finally {
                open = false;
                refuseAll();
            }
        }
    }

    private void serve(RemoteShard shard) throws InterruptedException {
        while (isRunning()) {
            FlatRequest request = queue.poll(TICK.toNanos(), TimeUnit.NANOSECONDS);
            for (int i = 0; request != null; i++) {
                answer(shard, request);
                request = i < BURST ? queue.poll() : null;
            }
            shard.tick();
        }
    }

    private static void answer(RemoteShard shard, FlatRequest request) {
        try {
            shard.handle(request);
        } catch (RuntimeException | Error e) {
            request.fail(WireCode.INTERNAL, e.toString());
            throw e;
        }
    }

    private void settle(RemoteShard shard) {
        long deadlineNs = System.nanoTime() + SETTLE.toNanos();
        while (!abandoned && !shard.settle()) {
            if (System.nanoTime() - deadlineNs > 0) {
                LOG.warn("shard {}: its last snapshot was not written in {}; the log has the rest", name, SETTLE);
                return;
            }
            LockSupport.parkNanos(TICK.toNanos());
        }
    }

    private void refuseAll() {
        for (FlatRequest left = queue.poll(); left != null; left = queue.poll()) {
            left.fail(WireCode.UNAVAILABLE, "shard " + name + " is no longer open here");
        }
    }

    private boolean isRunning() {
        return closing.getCount() > 0;
    }

    private void await(Duration atMost) {
        try {
            if (closing.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.debug("shard {} is not opened again", name);
            }
        } catch (InterruptedException e) {
            closing.countDown();
        }
    }

    /** Ends without publishing: another process owns the shard already. */
    public void abandon() {
        abandoned = true;
        close();
    }

    /** Publishes what is open, writes a last snapshot, and ends. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (thread.isAlive() && !thread.join(CLOSE)) {
                LOG.warn("shard {} did not stop in {}", name, CLOSE);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
