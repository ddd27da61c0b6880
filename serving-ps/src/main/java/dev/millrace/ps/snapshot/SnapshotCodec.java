package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Bytes of a snapshot file, little endian, version 1:
 *
 * <pre>
 *  i64 magic "MRSNAP01" · i32 header bytes
 *  header  i32 shard · i64 sequence · i64 deltaOffset · i64 fingerprint
 *          i64 samples · i64 duplicateSamples · i32 layout · i64 rowCount · i64 recentCount
 *          i32 partitions · { i32 partition · i64 offset · i64 watermark }
 *  rows    rowCount · stride bytes
 *  ids     i64[recentCount]
 *  i64 CRC32C of everything before
 * </pre>
 */
final class SnapshotCodec {
    static final long MAGIC = ByteBuffer.wrap("MRSNAP01".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();

    private static final int FIXED_HEADER = 3 * Integer.BYTES + 7 * Long.BYTES;
    private static final int PER_PARTITION = Integer.BYTES + 2 * Long.BYTES;
    private static final int MAX_HEADER = 1 << 20;
    private static final int CHUNK = 1 << 20;

    private SnapshotCodec() {}

    static void write(Snapshot snapshot, FileChannel file) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer header = header(snapshot);
        writeAll(file, prefix(header.remaining()), crc);
        writeAll(file, header, crc);
        MemorySegment rows = snapshot.rows();
        for (long at = 0; at < rows.byteSize(); at += CHUNK) {
            writeAll(
                    file,
                    rows.asSlice(at, Math.min(CHUNK, rows.byteSize() - at)).asByteBuffer(),
                    crc);
        }
        MemorySegment ids = MemorySegment.ofArray(snapshot.recentSampleIds());
        for (long at = 0; at < ids.byteSize(); at += CHUNK) {
            ByteBuffer chunk = buffer((int) Math.min(CHUNK, ids.byteSize() - at));
            MemorySegment.copy(ids, at, MemorySegment.ofBuffer(chunk), 0, chunk.capacity());
            writeAll(file, chunk, crc);
        }
        ByteBuffer trailer = buffer(Long.BYTES).putLong(0, crc.getValue());
        while (trailer.hasRemaining()) {
            file.write(trailer);
        }
    }

    private static ByteBuffer prefix(int headerBytes) {
        return buffer(Long.BYTES + Integer.BYTES)
                .putLong(MAGIC)
                .putInt(headerBytes)
                .flip();
    }

    private static ByteBuffer header(Snapshot snapshot) {
        Snapshot.Header h = snapshot.header();
        int partitions = h.sampleOffsets().size();
        ByteBuffer out = buffer(FIXED_HEADER + partitions * PER_PARTITION);
        out.putInt(h.shard()).putLong(h.sequence()).putLong(h.deltaOffset()).putLong(h.specFingerprint());
        out.putLong(h.samples())
                .putLong(h.duplicateSamples())
                .putInt(h.layout().ordinal())
                .putLong(h.rowCount());
        out.putLong(snapshot.recentSampleIds().length);
        out.putInt(partitions);
        h.sampleOffsets()
                .forEach((partition, offset) -> out.putInt(partition)
                        .putLong(offset)
                        .putLong(h.watermarks().getOrDefault(partition, 0L)));
        return out.flip();
    }

    static Snapshot read(FileChannel file) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer prefix = readAll(file, Long.BYTES + Integer.BYTES, crc);
        if (prefix.getLong() != MAGIC) {
            throw new SnapshotDamagedException("it is no snapshot of a known version");
        }
        int headerBytes = prefix.getInt();
        if (headerBytes < FIXED_HEADER || headerBytes > MAX_HEADER) {
            throw new SnapshotDamagedException("its header claims " + headerBytes + " bytes");
        }
        ByteBuffer in = readAll(file, headerBytes, crc);
        int shard = in.getInt();
        long sequence = in.getLong();
        long deltaOffset = in.getLong();
        long fingerprint = in.getLong();
        long samples = in.getLong();
        long duplicates = in.getLong();
        RowLayout layout = layout(in.getInt());
        long rowCount = in.getLong();
        long recentCount = in.getLong();
        int partitions = in.getInt();
        long expected = Long.BYTES * 2L + Integer.BYTES + headerBytes + rowCount * layout.stride() + recentCount * 8;
        if (rowCount < 0 || recentCount < 0 || recentCount > Integer.MAX_VALUE / 8 || expected != file.size()) {
            throw new SnapshotDamagedException("it has " + file.size() + " bytes, its header says " + expected);
        }
        if (partitions < 0 || (long) partitions * PER_PARTITION != in.remaining()) {
            throw new SnapshotDamagedException("its header claims " + partitions + " partitions");
        }
        SortedMap<Integer, Long> offsets = new TreeMap<>();
        SortedMap<Integer, Long> watermarks = new TreeMap<>();
        for (int p = 0; p < partitions; p++) {
            int partition = in.getInt();
            offsets.put(partition, in.getLong());
            watermarks.put(partition, in.getLong());
        }
        MemorySegment rows = readSegment(file, rowCount * layout.stride(), crc);
        MemorySegment ids = readSegment(file, recentCount * Long.BYTES, crc);
        long checksum = crc.getValue();
        if (readAll(file, Long.BYTES, crc).getLong() != checksum) {
            throw new SnapshotDamagedException("its checksum does not match");
        }
        var header = new Snapshot.Header(
                shard, sequence, deltaOffset, fingerprint, watermarks, offsets, samples, duplicates, layout, rowCount);
        return new Snapshot(header, rows, ids.toArray(java.lang.foreign.ValueLayout.JAVA_LONG));
    }

    private static RowLayout layout(int ordinal) throws SnapshotDamagedException {
        if (ordinal < 0 || ordinal >= RowLayout.values().length) {
            throw new SnapshotDamagedException("its row layout " + ordinal + " is unknown");
        }
        return RowLayout.values()[ordinal];
    }

    private static MemorySegment readSegment(FileChannel file, long bytes, CRC32C crc) throws IOException {
        MemorySegment segment = Arena.ofAuto().allocate(bytes, Long.BYTES);
        for (long at = 0; at < bytes; at += CHUNK) {
            ByteBuffer chunk = readAll(file, (int) Math.min(CHUNK, bytes - at), crc);
            MemorySegment.copy(MemorySegment.ofBuffer(chunk), 0, segment, at, chunk.remaining());
        }
        return segment;
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes, CRC32C crc) throws IOException {
        crc.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private static ByteBuffer readAll(FileChannel file, int bytes, CRC32C crc) throws IOException {
        ByteBuffer buffer = buffer(bytes);
        while (buffer.hasRemaining()) {
            if (file.read(buffer) < 0) {
                throw new SnapshotDamagedException("it ends early, at " + file.size() + " bytes");
            }
        }
        buffer.flip();
        crc.update(buffer.duplicate());
        return buffer;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
