package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/** Rows and removed keys of one member, read from its data when asked for, and verified each time. */
final class StoredRows implements RowPart {
    private static final int SLICE = 1 << 20;

    private final FileChannel file;
    private final List<Manifest.Section> chunks;
    private final long[] removed;

    /** @param file is closed with it */
    StoredRows(FileChannel file, Manifest manifest) throws IOException {
        this.file = file;
        ByteBuffer magic = ByteBuffer.allocate(Manifest.DATA_MAGIC.length());
        fill(file, 0, magic);
        if (!StandardCharsets.US_ASCII.decode(magic.flip()).toString().equals(Manifest.DATA_MAGIC)) {
            throw new SnapshotDamagedException("it is no data of a snapshot of version 02");
        }
        this.chunks = manifest.sections(Manifest.Kind.ROWS);
        this.removed = removed(manifest.sections(Manifest.Kind.REMOVED));
    }

    private long[] removed(List<Manifest.Section> sections) throws IOException {
        long count = sections.stream().mapToLong(Manifest.Section::bytes).sum() / Long.BYTES;
        long[] keys = new long[Math.toIntExact(count)];
        int at = 0;
        for (Manifest.Section section : sections) {
            int more = section.bytes() / Long.BYTES;
            ByteBuffer.wrap(bytes(section))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asLongBuffer()
                    .get(keys, at, more);
            at += more;
        }
        return keys;
    }

    @Override
    public int chunks() {
        return chunks.size();
    }

    @Override
    public int chunkBytes(int chunk) {
        return chunks.get(chunk).bytes();
    }

    @Override
    public void read(int chunk, MemorySegment target) throws IOException {
        Manifest.Section section = chunks.get(chunk);
        read(section, target.asSlice(0, section.bytes()).asByteBuffer());
    }

    /** A section of which there is an array. */
    byte[] bytes(Manifest.Section section) throws IOException {
        byte[] bytes = new byte[section.bytes()];
        read(section, ByteBuffer.wrap(bytes));
        return bytes;
    }

    private void read(Manifest.Section section, ByteBuffer target) throws IOException {
        fill(file, section.at(), target);
        CRC32C crc = new CRC32C();
        crc.update(target.rewind());
        if ((int) crc.getValue() != section.crc()) {
            throw new SnapshotDamagedException(
                    "the checksum of its " + section.kind() + " at byte " + section.at() + " does not match");
        }
    }

    /** Fills the buffer from its position to its limit. */
    static void fill(FileChannel file, long from, ByteBuffer target) throws IOException {
        int end = target.limit();
        long at = from;
        while (target.position() < end) {
            // In slices: the channel reads into native memory as large as what it is given, and keeps it.
            target.limit(target.isDirect() ? end : Math.min(end, target.position() + SLICE));
            int read = file.read(target, at);
            if (read < 0) {
                throw new SnapshotDamagedException("it ends early, at " + at + " bytes");
            }
            at += read;
        }
    }

    @Override
    public long[] removed() {
        return removed;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
