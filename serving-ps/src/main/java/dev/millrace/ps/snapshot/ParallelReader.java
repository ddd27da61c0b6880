package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads and verifies the chunks of a part on a few threads, a few chunks ahead, for the thread that asked. The order of
 * chunks is nearly kept.
 */
final class ParallelReader {
    private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
    private static final int AHEAD = 2 * THREADS;

    private final RowPart part;
    private final AtomicInteger next = new AtomicInteger();
    private final BlockingQueue<MemorySegment> free = new ArrayBlockingQueue<>(AHEAD + THREADS);
    private final BlockingQueue<Read> read = new ArrayBlockingQueue<>(AHEAD + THREADS);
    private volatile boolean stopped;

    /** Takes the rows of a chunk, which stay as they are until it returns. */
    interface Chunks {
        void chunk(MemorySegment rows) throws IOException;
    }

    private record Read(
            MemorySegment buffer, int bytes, @Nullable Throwable failure) {}

    private ParallelReader(RowPart part) {
        this.part = part;
    }

    static void verify(RowPart part) throws IOException {
        forEach(part, rows -> {});
    }

    static void forEach(RowPart part, Chunks consumer) throws IOException {
        int largest = 0;
        for (int i = 0; i < part.chunks(); i++) {
            largest = Math.max(largest, part.chunkBytes(i));
        }
        try (Arena arena = Arena.ofShared()) {
            if (part.chunks() > 1) {
                new ParallelReader(part).run(arena, largest, consumer);
            } else if (part.chunks() == 1) {
                MemorySegment rows = arena.allocate(largest, Long.BYTES);
                part.read(0, rows);
                consumer.chunk(rows);
            }
        }
    }

    private void run(Arena arena, int largest, Chunks consumer) throws IOException {
        for (int i = 0; i < AHEAD; i++) {
            free.add(arena.allocate(largest, Long.BYTES));
        }
        List<Thread> threads = new ArrayList<>();
        try {
            for (int i = 0; i < Math.min(THREADS, part.chunks()); i++) {
                threads.add(Thread.ofPlatform().name("snapshot-reader-" + i).start(this::readChunks));
            }
            for (int left = part.chunks(); left > 0; left--) {
                Read chunk = take();
                consumer.chunk(chunk.buffer().asSlice(0, chunk.bytes()));
                free.add(chunk.buffer());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a snapshot was read", e);
        } finally {
            stop(threads);
        }
    }

    private Read take() throws IOException, InterruptedException {
        Read chunk = read.take();
        return switch (chunk.failure()) {
            case null -> chunk;
            case SnapshotDamagedException e -> throw e;
            case Throwable e -> throw new IOException("a snapshot could not be read: " + e, e);
        };
    }

    /** Waits until nobody touches the buffers; readers are not interrupted, which would close their file. */
    private void stop(List<Thread> threads) {
        stopped = true;
        for (int i = 0; i < threads.size(); i++) {
            free.add(MemorySegment.NULL);
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void readChunks() {
        try {
            for (int chunk = next.getAndIncrement(); chunk < part.chunks(); chunk = next.getAndIncrement()) {
                MemorySegment buffer = free.take();
                if (stopped) {
                    return;
                }
                part.read(chunk, buffer);
                read.add(new Read(buffer, part.chunkBytes(chunk), null));
            }
        } catch (IOException | RuntimeException | Error | InterruptedException e) {
            read.add(new Read(MemorySegment.NULL, 0, e));
        }
    }
}
