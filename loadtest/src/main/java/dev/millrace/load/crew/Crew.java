package dev.millrace.load.crew;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of virtual threads that take work in its order until there is none. The first failure interrupts the
 * others and is thrown to the one who waits.
 */
public final class Crew<T> implements AutoCloseable {
    /** Work on one piece. */
    @FunctionalInterface
    public interface Work<T> {
        void on(T piece) throws InterruptedException;
    }

    private final Iterator<T> pieces;
    private final Work<T> work;
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch ended;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    public Crew(String name, int size, List<T> pieces, Work<T> work) {
        this(name, size, pieces, work, Duration.ZERO);
    }

    /** @param apart how much later than the one before each begins */
    public Crew(String name, int size, List<T> pieces, Work<T> work, Duration apart) {
        this.pieces = pieces.iterator();
        this.work = work;
        this.ended = new CountDownLatch(size);
        for (int i = 0; i < size; i++) {
            Duration after = apart.multipliedBy(i);
            threads.add(Thread.ofVirtual().name(name + "-", i).unstarted(() -> loop(after)));
        }
        threads.forEach(Thread::start);
    }

    /** Whether all is done after at most {@code longest}. */
    public boolean await(Duration longest) throws InterruptedException {
        boolean done = ended.await(longest.toMillis(), TimeUnit.MILLISECONDS);
        Throwable cause = failure.get();
        if (cause instanceof RuntimeException e) {
            throw e;
        }
        if (cause != null) {
            throw new IllegalStateException("a player ended", cause);
        }
        return done;
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }

    private void loop(Duration after) {
        try {
            Thread.sleep(after);
            for (T piece = next(); piece != null; piece = next()) {
                work.on(piece);
            }
        } catch (Throwable e) {
            // An interrupted one was ended by close, or by the failure that stands here already.
            if (failure.compareAndSet(null, e)) {
                threads.forEach(Thread::interrupt);
            }
        } finally {
            ended.countDown();
        }
    }

    private @Nullable T next() {
        synchronized (pieces) {
            return !Thread.currentThread().isInterrupted() && pieces.hasNext() ? pieces.next() : null;
        }
    }
}
