package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A delta log in memory, whose next calls can be told to fail or to hang. Safe for many threads. */
public final class MemoryDeltaLog implements DeltaLog {
    private final List<List<byte[]>> records = new ArrayList<>();
    private final Queue<Throwable> failures = new ArrayDeque<>();
    private volatile CountDownLatch hang = new CountDownLatch(0);
    private volatile boolean hanging;
    private int opened;
    private int closed;
    private final long[] beginnings;
    private final long[] positions;
    private final boolean[] paused;

    MemoryDeltaLog() {
        this(1);
    }

    public MemoryDeltaLog(int shards) {
        for (int shard = 0; shard < shards; shard++) {
            records.add(new ArrayList<>());
        }
        beginnings = new long[shards];
        positions = new long[shards];
        paused = new boolean[shards];
        Arrays.fill(paused, true);
    }

    /** What {@code logs} of a follower is. */
    public synchronized DeltaLog open() {
        opened++;
        Arrays.fill(paused, true);
        return this;
    }

    synchronized int opened() {
        return opened;
    }

    synchronized int closed() {
        return closed;
    }

    public synchronized void add(Delta delta) {
        add(delta.header().shard(), DeltaCodec.encode(delta));
    }

    synchronized void add(byte[] bytes) {
        add(0, bytes);
    }

    synchronized void add(int shard, byte[] bytes) {
        records.get(shard).add(bytes);
    }

    synchronized void expireBefore(int shard, long offset) {
        beginnings[shard] = offset;
    }

    /** The next poll throws this, after whatever earlier ones throw. */
    synchronized void fail(Throwable failure) {
        failures.add(failure);
    }

    /** Polls return no more until the latch is counted down, wakeup or not. */
    void hang(CountDownLatch until) {
        hang = until;
    }

    /** Whether a poll hangs now. */
    boolean hangs() {
        return hanging;
    }

    @Override
    public int shards() {
        return records.size();
    }

    @Override
    public synchronized long[] ends() {
        return records.stream().mapToLong(List::size).toArray();
    }

    @Override
    public synchronized void seek(int shard, long offset) {
        positions[shard] = offset < 0 ? beginnings[shard] : offset;
        paused[shard] = false;
    }

    @Override
    public synchronized void pause(int shard) {
        paused[shard] = true;
    }

    @Override
    public synchronized long position(int shard) {
        return positions[shard];
    }

    @Override
    public List<Entry> poll(Duration atMost) throws ExpiredException {
        try {
            hanging = hang.getCount() > 0;
            if (!hang.await(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("hung for a minute");
            }
            hanging = false;
            List<Entry> entries = next();
            if (entries.isEmpty()) {
                LockSupport.parkNanos(Math.min(TimeUnit.MILLISECONDS.toNanos(5), atMost.toNanos()));
            }
            return entries;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One record of each shard that is read. */
    private synchronized List<Entry> next() throws ExpiredException {
        Throwable failure = failures.poll();
        switch (failure) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> {}
        }
        List<Entry> entries = new ArrayList<>();
        for (int shard = 0; shard < positions.length; shard++) {
            if (paused[shard]) {
                continue;
            }
            if (positions[shard] < beginnings[shard]) {
                throw new ExpiredException(
                        "begins at " + beginnings[shard], List.of(shard), new IllegalStateException());
            }
            if (positions[shard] < records.get(shard).size()) {
                entries.add(
                        new Entry(shard, positions[shard], records.get(shard).get((int) positions[shard])));
                positions[shard]++;
            }
        }
        return entries;
    }

    @Override
    public void wakeup() {}

    @Override
    public synchronized void close() {
        closed++;
    }
}
