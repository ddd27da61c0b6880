package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A delta log in memory, whose next calls can be told to fail or to hang. Safe for many threads. */
final class MemoryDeltaLog implements DeltaLog {
    private final List<byte[]> records = new ArrayList<>();
    private final Queue<Throwable> failures = new ArrayDeque<>();
    private volatile CountDownLatch hang = new CountDownLatch(0);
    private int opened;
    private int closed;
    private long beginning;
    private long position;

    /** What {@code logs} of a follower is. */
    synchronized DeltaLog open() {
        opened++;
        return this;
    }

    synchronized int opened() {
        return opened;
    }

    synchronized int closed() {
        return closed;
    }

    synchronized void add(Delta delta) {
        records.add(DeltaCodec.encode(delta));
    }

    synchronized void add(byte[] bytes) {
        records.add(bytes);
    }

    synchronized void expireBefore(long offset) {
        beginning = offset;
    }

    /** The next poll throws this, after whatever earlier ones throw. */
    synchronized void fail(Throwable failure) {
        failures.add(failure);
    }

    /** Polls return no more until the latch is counted down, wakeup or not. */
    void hang(CountDownLatch until) {
        hang = until;
    }

    @Override
    public synchronized long end() {
        return records.size();
    }

    @Override
    public synchronized void seek(long offset) {
        position = offset < 0 ? beginning : offset;
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public List<Entry> poll(Duration atMost) throws ExpiredException {
        try {
            if (!hang.await(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("hung for a minute");
            }
            List<Entry> entries = next();
            if (entries.isEmpty()) {
                LockSupport.parkNanos(Math.min(TimeUnit.MILLISECONDS.toNanos(5), atMost.toNanos()));
            }
            return entries;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private synchronized List<Entry> next() throws ExpiredException {
        Throwable failure = failures.poll();
        switch (failure) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> {}
        }
        if (position < beginning) {
            throw new ExpiredException("begins at " + beginning, new IllegalStateException());
        }
        if (position >= records.size()) {
            return List.of();
        }
        Entry entry = new Entry(position, records.get((int) position));
        position++;
        return List.of(entry);
    }

    @Override
    public void wakeup() {}

    @Override
    public synchronized void close() {
        closed++;
    }
}
