package dev.millrace.ps.wire.shm;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The memory of one connection, little-endian:
 *
 * <pre>
 *      0  magic u32, version u32, ring bytes u32
 *    128  requests: written      256  requests: read        (each alone on two cache lines: the
 *    384  replies:  written      512  replies:  read         prefetcher fetches lines in pairs)
 *    640  the connecting side sleeps, u32      768  the serving side sleeps, u32
 *   4096  requests, ring bytes
 *      …  replies, ring bytes
 * </pre>
 *
 * The serving side makes the file, in memory where the system has a folder for that, readable by its own user alone; the
 * connecting side maps it too, and then its name is deleted, so that nothing is left behind, however a process ends.
 */
public final class RingFile implements AutoCloseable {
    private static final int MAGIC = 0x4752_524D;
    private static final int VERSION = 1;
    private static final long REQUESTS_WRITTEN = 128;
    private static final long REQUESTS_READ = 256;
    private static final long REPLIES_WRITTEN = 384;
    private static final long REPLIES_READ = 512;
    private static final long CONNECTING_SLEEPS = 640;
    private static final long SERVING_SLEEPS = 768;
    private static final long DATA = 4096;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final VarHandle SLEEPS = INT.varHandle();
    private static final Path MEMORY_FOLDER = Path.of("/dev/shm");

    private final Path path;
    private final Arena arena;
    private final MemorySegment file;
    private final Ring requests;
    private final Ring replies;

    private RingFile(Path path, Arena arena, MemorySegment file, int ringBytes) {
        this.path = path;
        this.arena = arena;
        this.file = file;
        this.requests = new Ring(file, REQUESTS_WRITTEN, REQUESTS_READ, DATA, ringBytes);
        this.replies = new Ring(file, REPLIES_WRITTEN, REPLIES_READ, DATA + ringBytes, ringBytes);
    }

    /** @param ringBytes a power of two; @param otherwise folder for the file where the system has none in memory */
    public static RingFile create(int ringBytes, Path otherwise) throws IOException {
        Path folder = Files.isWritable(MEMORY_FOLDER) ? MEMORY_FOLDER : otherwise;
        Path path = Files.createTempFile(
                folder,
                "millrace-",
                ".ring",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            RingFile made = map(path, channel, DATA + 2L * ringBytes, ringBytes);
            // Touched here, not under the first calls.
            made.file.fill((byte) 0);
            made.file.set(INT, 0, MAGIC);
            made.file.set(INT, 4, VERSION);
            made.file.set(INT, 8, ringBytes);
            return made;
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /** @throws IOException also if the file is not what the serving side said */
    public static RingFile open(Path path, int ringBytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = DATA + 2L * ringBytes;
            if (channel.size() != size) {
                throw new IOException(path + " has " + channel.size() + " bytes, not " + size);
            }
            RingFile mapped = map(path, channel, size, ringBytes);
            if (mapped.file.get(INT, 0) != MAGIC || mapped.file.get(INT, 4) != VERSION) {
                mapped.close();
                throw new IOException(path + " is no ring of version " + VERSION);
            }
            return mapped;
        }
    }

    private static RingFile map(Path path, FileChannel channel, long size, int ringBytes) throws IOException {
        Arena arena = Arena.ofShared();
        return new RingFile(path, arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena), ringBytes);
    }

    public Path path() {
        return path;
    }

    /** Both ends have it: nobody else shall. */
    public void deleteName() throws IOException {
        Files.deleteIfExists(path);
    }

    public Ring requests() {
        return requests;
    }

    public Ring replies() {
        return replies;
    }

    /** Says what this side sleeps for (0: it does not), before it looks at the rings once more. */
    public void sleep(boolean serving, int reasons) {
        SLEEPS.setVolatile(file, serving ? SERVING_SLEEPS : CONNECTING_SLEEPS, reasons);
        // The look that follows must not come before.
        VarHandle.fullFence();
    }

    /** After a change to a ring: whether the other side sleeps for this reason. Then it is to be woken, by this caller. */
    public boolean mustWake(boolean serving, int reason) {
        VarHandle.fullFence();
        long at = serving ? SERVING_SLEEPS : CONNECTING_SLEEPS;
        int reasons = (int) SLEEPS.getVolatile(file, at);
        return (reasons & reason) != 0 && SLEEPS.compareAndSet(file, at, reasons, 0);
    }

    /** Unmaps; a thread that still uses a ring gets an {@link IllegalStateException}. */
    @Override
    public void close() {
        arena.close();
    }
}
