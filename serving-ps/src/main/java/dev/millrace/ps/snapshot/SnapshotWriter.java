package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots of a table that goes on learning: the table's owner hands rows out in slices between its batches, and
 * a thread of this writer checksums and writes them behind. A failure costs nothing but the snapshot: the next one is a
 * full one.
 *
 * <pre>
 *  field           written by          read by
 *  open            owner               owner
 *  result          owner (the future   owner
 *                  by the writer)
 * </pre>
 */
public final class SnapshotWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotWriter.class);
    private static final int BUCKETS_A_SLICE = 256;
    private static final long NO_LIMIT = Long.MAX_VALUE;

    /**
     * @param maxIncrements after how many a full one is due
     * @param maxIncrementShare of the full one's bytes that the increments may reach together before a full one is due
     * @param chunkBytes of rows that are written and checksummed at once
     * @param chunks that may wait to be written
     */
    public record Config(int maxIncrements, double maxIncrementShare, int chunkBytes, int chunks) {
        public Config {
            require(maxIncrements >= 0, "maxIncrements must not be negative");
            require(maxIncrementShare >= 0, "maxIncrementShare must not be negative");
            require(chunkBytes >= 1 << 10 && chunkBytes <= ManifestCodec.MAX_ROW_SECTION, "chunkBytes: 1 KiB - 16 MiB");
            require(chunks >= 2 && chunks <= 1024, "chunks must be between 2 and 1024");
        }

        public static Config defaults() {
            return new Config(16, 0.5, 2 << 20, 32);
        }

        private static void require(boolean valid, String message) {
            if (!valid) {
                throw new IllegalArgumentException(message);
            }
        }
    }

    private final SnapshotStore store;
    private final Config config;
    private final ExecutorService thread;
    private @Nullable OpenSnapshot open;
    private Future<@Nullable Published> result = CompletableFuture.completedFuture(null);

    public SnapshotWriter(SnapshotStore store, Config config, String threadName) {
        this.store = store;
        this.config = config;
        this.thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name(threadName).factory());
    }

    /** Whether another one may {@link #begin}. */
    public boolean idle() {
        return open == null && result.isDone();
    }

    /**
     * Begins a snapshot of the table as it is now, between two batches; it is full or holds what changed since the last
     * one, as this writer sees fit.
     *
     * @param header of the table as it is now; its deltaOffset is not looked at
     * @param deltaOffset known once the last delta is acknowledged, so that the snapshot is never ahead of the log
     * @throws IllegalStateException when one is under way
     */
    public void begin(Snapshot.Header header, Future<Long> deltaOffset, Extras extras, ParameterTable table) {
        if (!idle()) {
            throw new IllegalStateException("a snapshot is under way");
        }
        var snapshot = new OpenSnapshot(store, chunks(header.layout()), header, deltaOffset, extras);
        snapshot.cut(table, previous(header.sequence()));
        open = snapshot;
        var published = new CompletableFuture<@Nullable Published>();
        result = published;
        thread.execute(() -> write(snapshot, published));
    }

    private void write(OpenSnapshot snapshot, CompletableFuture<@Nullable Published> published) {
        try {
            published.complete(snapshot.write());
        } catch (InterruptedException | RuntimeException | Error e) {
            published.completeExceptionally(e);
            return;
        }
        store.prune();
    }

    private ChunkPool chunks(RowLayout layout) {
        return new ChunkPool(config.chunks(), config.chunkBytes() / layout.stride() * layout.stride());
    }

    /** Of the member to add to; null when a full one is due. */
    private @Nullable Published previous(long sequence) {
        Published last = result.state() == Future.State.SUCCESS ? result.resultNow() : null;
        boolean increment = last != null
                && last.sequence() < sequence
                && last.increments() < config.maxIncrements()
                && last.incrementBytes() <= config.maxIncrementShare() * last.fullBytes();
        return increment ? last : null;
    }

    /**
     * Hands rows out for about {@code budgetNs}, or until the writing thread is behind; without one under way it does
     * nothing.
     *
     * @return whether all rows of the one under way were handed out
     */
    public boolean advance(long budgetNs) {
        OpenSnapshot snapshot = open;
        if (snapshot == null) {
            return true;
        }
        long begin = System.nanoTime();
        do {
            if (budgetNs != NO_LIMIT && !snapshot.hasRoom()) {
                return false;
            }
            if (snapshot.advance(BUCKETS_A_SLICE)) {
                open = null;
                return true;
            }
        } while (System.nanoTime() - begin < budgetNs);
        return false;
    }

    /**
     * Hands out what is left, and waits until the snapshot stands.
     *
     * @return null when there was none, or it failed, which is logged
     */
    public @Nullable Published complete() throws InterruptedException {
        boolean handedOut = advance(NO_LIMIT);
        assert handedOut;
        try {
            return result.get();
        } catch (ExecutionException e) {
            LOG.error("a snapshot failed", e.getCause());
            return null;
        }
    }

    /** Gives up what is not handed out yet, and waits for what is being written: a store has one writer. */
    @Override
    public void close() {
        if (open != null) {
            open.close();
            open = null;
        }
        thread.close();
    }
}
