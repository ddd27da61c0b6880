package dev.millrace.ps.snapshot;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Buffers off heap between the owner, who takes and fills them, and the writing thread, which gives them back. They are
 * allocated when they are first needed: memory is taken only by a place that is slower than the table.
 */
final class ChunkPool implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Arena arena = Arena.ofShared();
    private final int most;
    private final int bytes;
    private final BlockingQueue<Chunk> free;
    /** Owner's. */
    private int allocated;

    /** Rows one after the other; belongs to who has it. */
    static final class Chunk {
        final MemorySegment memory;
        int used;

        Chunk(MemorySegment memory) {
            this.memory = memory;
        }
    }

    ChunkPool(int most, int bytes) {
        this.most = most;
        this.bytes = bytes;
        free = new ArrayBlockingQueue<>(most);
    }

    /** Owner: whether more rows than need be may be taken now; the rest is kept for rows that are about to change. */
    boolean hasRoom() {
        return free.size() + most - allocated > most / 4;
    }

    /** Owner: an empty one, waited for; null when none comes for long: the place they are written to hangs. */
    @Nullable
    Chunk take() {
        Chunk chunk = free.poll();
        if (chunk == null && allocated < most) {
            allocated++;
            return new Chunk(arena.allocate(bytes, Long.BYTES));
        }
        try {
            return chunk != null ? chunk : free.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** Writing thread. */
    void giveBack(Chunk chunk) {
        chunk.used = 0;
        free.add(chunk);
    }

    /** Writing thread, when nobody has one any more. */
    @Override
    public void close() {
        arena.close();
    }
}
