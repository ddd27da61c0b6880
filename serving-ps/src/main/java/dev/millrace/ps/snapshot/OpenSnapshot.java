package dev.millrace.ps.snapshot;

import dev.millrace.ps.snapshot.ChunkPool.Chunk;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowCut;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One snapshot on its way: the owner fills chunks with rows, the writing thread takes them over a queue, which is as
 * long as there are chunks, and an end.
 */
final class OpenSnapshot implements RowCut.Sink {
    private static final Logger LOG = LoggerFactory.getLogger(OpenSnapshot.class);
    private static final long ACKNOWLEDGED_S = 60;

    private final SnapshotStore store;
    private final ChunkPool pool;
    private final Snapshot.Header header;
    private final Future<Long> deltaOffset;
    private final Extras extras;
    private final int stride;
    private final BlockingQueue<Step> steps = new LinkedBlockingQueue<>();
    private @Nullable RowCut cut;
    private long[] removed = new long[0];
    private @Nullable Published previous;
    private @Nullable Chunk chunk;
    private boolean ended;

    private sealed interface Step {}

    private record Write(Chunk chunk) implements Step {}

    private record Publish() implements Step {}

    private record Abandon(String reason) implements Step {}

    OpenSnapshot(SnapshotStore store, ChunkPool pool, Snapshot.Header header, Future<Long> deltaOffset, Extras extras) {
        this.store = store;
        this.pool = pool;
        this.header = header;
        this.deltaOffset = deltaOffset;
        this.extras = extras;
        this.stride = header.layout().stride();
    }

    /** Owner: begins, before the writing thread does. The table may give all its rows where an increment was due. */
    void cut(ParameterTable table, @Nullable Published last) {
        RowCut begun = table.cut(last != null, this);
        if (!begun.whole()) {
            previous = last;
            removed = begun.removed();
        }
        cut = begun;
    }

    /** Owner. */
    boolean advance(int maxBuckets) {
        RowCut current = cut;
        if (current != null && !current.advance(maxBuckets)) {
            return false;
        }
        cut = null;
        if (!ended) {
            ended = true;
            flush();
            steps.add(new Publish());
        }
        return true;
    }

    /** Owner: whether {@link #advance} need not wait. */
    boolean hasRoom() {
        return pool.hasRoom();
    }

    /** Owner; also from within a change of the table, for rows that it saves first. */
    @Override
    public void row(ParameterTable table, long row) {
        if (ended) {
            return;
        }
        if (chunk == null) {
            chunk = pool.take();
        }
        if (chunk == null) {
            abandon("its place took no bytes for long");
            return;
        }
        table.copyRow(row, chunk.memory, chunk.used);
        chunk.used += stride;
        if (chunk.used + stride > chunk.memory.byteSize()) {
            flush();
        }
    }

    private void flush() {
        if (chunk != null) {
            steps.add(new Write(chunk));
            chunk = null;
        }
    }

    /** Owner: nothing of it shall stay. */
    private void abandon(String reason) {
        if (!ended) {
            ended = true;
            flush();
            steps.add(new Abandon(reason));
        }
    }

    /** Owner: the table saves nothing for it any more. */
    void close() {
        if (cut != null) {
            cut.close();
        }
        abandon("its table is no longer followed");
    }

    /** Writing thread: all of it, until the owner ends it. Null when it failed, which is logged. */
    @Nullable
    Published write() throws InterruptedException {
        try (pool) {
            return writeAll();
        }
    }

    private @Nullable Published writeAll() throws InterruptedException {
        try (MemberOutput out = store.begin(header.sequence(), previous)) {
            return write(out);
        } catch (IOException | RuntimeException e) {
            LOG.error("the snapshot at sequence {} failed; the next one is a full one", header.sequence(), e);
            drain();
            return null;
        }
    }

    private Published write(MemberOutput out) throws IOException, InterruptedException {
        out.removed(removed);
        while (true) {
            switch (steps.take()) {
                case Write write -> {
                    try {
                        out.rows(write.chunk()
                                .memory
                                .asSlice(0, write.chunk().used)
                                .asByteBuffer());
                    } finally {
                        pool.giveBack(write.chunk());
                    }
                }
                case Publish() -> {
                    steps.add(new Publish());
                    return out.publish(header.withDeltaOffset(acknowledged()), extras);
                }
                case Abandon(String reason) -> {
                    steps.add(new Abandon(reason));
                    throw new IOException("it was given up: " + reason);
                }
            }
        }
    }

    private long acknowledged() throws IOException, InterruptedException {
        try {
            return deltaOffset.get(ACKNOWLEDGED_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("its delta was not acknowledged", e);
        }
    }

    /** So that the owner never waits for a chunk. */
    private void drain() throws InterruptedException {
        while (steps.take() instanceof Write(Chunk full)) {
            pool.giveBack(full);
        }
    }
}
