package dev.millrace.learner.source;

import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads and decodes ahead of whoever learns, on a thread of its own, a bounded number of blocks. {@link #next} is for one
 * thread.
 *
 * <pre>
 *  field         read by            written by
 *  ahead         learning thread    reading thread     the queue's own
 *  busyNs        any                reading thread     atomic
 * </pre>
 */
public final class Prefetch<B, T> implements AutoCloseable {
    private final BlockingQueue<Taken<T>> ahead;
    private final AtomicLong busyNs = new AtomicLong();
    private final Thread thread;
    private long waitedNs;

    /** A decoded block; the end; or what went wrong. */
    private record Taken<T>(@Nullable T block, @Nullable Throwable failure) {}

    /** @param most blocks that are decoded and not taken yet */
    public Prefetch(Iterator<B> blocks, Function<B, T> decode, int most) {
        ahead = new ArrayBlockingQueue<>(most);
        thread = Thread.ofPlatform().name("prefetch").daemon().start(() -> read(blocks, decode));
    }

    private void read(Iterator<B> blocks, Function<B, T> decode) {
        Taken<T> last;
        try {
            long startNs = System.nanoTime();
            while (blocks.hasNext()) {
                T block = decode.apply(blocks.next());
                busyNs.addAndGet(System.nanoTime() - startNs);
                ahead.put(new Taken<>(block, null));
                startNs = System.nanoTime();
            }
            last = new Taken<>(null, null);
        } catch (InterruptedException e) {
            return;
        } catch (RuntimeException | Error e) {
            last = new Taken<>(null, e);
        }
        try {
            ahead.put(last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The next block; null at the end. What failed while reading is thrown here. */
    public @Nullable T next() throws InterruptedException {
        long startNs = System.nanoTime();
        Taken<T> taken = ahead.take();
        waitedNs += System.nanoTime() - startNs;
        if (taken.failure() != null) {
            throw new IllegalStateException("a block could not be read", taken.failure());
        }
        return taken.block();
    }

    /** What reading and decoding took. */
    public long busyNs() {
        return busyNs.get();
    }

    /** What the learning thread waited for blocks. */
    public long waitedNs() {
        return waitedNs;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
