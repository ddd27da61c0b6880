package dev.millrace.ps.snapshot;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Buffers off heap between the thread that fills them and the one that writes them. Safe for both. */
final class ChunkPool implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ROOM = 2;

    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<Chunk> free;

    /** Rows one after the other; belongs to who has it. */
    static final class Chunk {
        final MemorySegment memory;
        int used;

        Chunk(MemorySegment memory) {
            this.memory = memory;
        }
    }

    ChunkPool(int chunks, int bytes) {
        free = new ArrayBlockingQueue<>(chunks);
        for (int i = 0; i < chunks; i++) {
            free.add(new Chunk(arena.allocate(bytes, Long.BYTES)));
        }
    }

    /** Whether a slice of rows can be taken without waiting. */
    boolean hasRoom() {
        return free.size() >= ROOM;
    }

    /** An empty one, waited for; null when none comes for long: the place they are written to hangs. */
    @Nullable
    Chunk take() {
        try {
            return free.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    void giveBack(Chunk chunk) {
        chunk.used = 0;
        free.add(chunk);
    }

    /** Nobody has one any more. */
    @Override
    public void close() {
        arena.close();
    }
}
