package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/**
 * Bytes of a file, through one chunk of native memory that is freed at the end, with the checksum of all that
 * passed. Belongs to one thread.
 */
final class ChecksummedFile implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final FileChannel file;
    private final CRC32C crc = new CRC32C();
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment chunk = arena.allocate(CHUNK);
    private final ByteBuffer buffer = chunk.asByteBuffer();

    /** @param file stays open after {@link #close} */
    ChecksummedFile(FileChannel file) {
        this.file = file;
    }

    /** Of everything that was read so far. */
    long checksum() {
        return crc.getValue();
    }

    /** Fills the target. */
    void read(MemorySegment target) throws IOException {
        for (long at = 0; at < target.byteSize(); at += CHUNK) {
            int bytes = (int) Math.min(CHUNK, target.byteSize() - at);
            buffer.limit(bytes).rewind();
            while (buffer.hasRemaining()) {
                if (file.read(buffer) < 0) {
                    throw new SnapshotDamagedException("it ends early, at " + file.size() + " bytes");
                }
            }
            crc.update(buffer.rewind());
            MemorySegment.copy(chunk, 0, target, at, bytes);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
