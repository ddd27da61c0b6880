package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.SortedMap;
import java.util.TreeMap;

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
    private static final int MAX_RECENT = Integer.MAX_VALUE / Long.BYTES;

    private SnapshotCodec() {}

    static void write(Snapshot snapshot, FileChannel channel) throws IOException {
        try (ChecksummedFile file = new ChecksummedFile(channel)) {
            ByteBuffer header = header(snapshot);
            file.write(MemorySegment.ofBuffer(prefix(header.remaining())));
            file.write(MemorySegment.ofBuffer(header));
            file.write(snapshot.rows().bytes());
            file.write(MemorySegment.ofArray(snapshot.recentSampleIds()));
            file.write(MemorySegment.ofBuffer(buffer(Long.BYTES).putLong(0, file.checksum())));
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

    static Snapshot read(FileChannel channel) throws IOException {
        try (ChecksummedFile file = new ChecksummedFile(channel)) {
            ByteBuffer prefix = read(file, Long.BYTES + Integer.BYTES);
            if (prefix.getLong() != MAGIC) {
                throw new SnapshotDamagedException("it is no snapshot of a known version");
            }
            int headerBytes = prefix.getInt();
            if (headerBytes < FIXED_HEADER || headerBytes > MAX_HEADER) {
                throw new SnapshotDamagedException("its header claims " + headerBytes + " bytes");
            }
            ByteBuffer in = read(file, headerBytes);
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
            long expected =
                    Long.BYTES * 2L + Integer.BYTES + headerBytes + rowCount * layout.stride() + recentCount * 8;
            if (rowCount < 0 || recentCount < 0 || recentCount > MAX_RECENT || expected != channel.size()) {
                throw new SnapshotDamagedException("it has " + channel.size() + " bytes, its header says " + expected);
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
            var header = new Snapshot.Header(
                    shard,
                    sequence,
                    deltaOffset,
                    fingerprint,
                    watermarks,
                    offsets,
                    samples,
                    duplicates,
                    layout,
                    rowCount);
            return readBody(file, header, (int) recentCount);
        }
    }

    private static Snapshot readBody(ChecksummedFile file, Snapshot.Header header, int recentCount) throws IOException {
        Snapshot snapshot = new Snapshot(
                header, new Snapshot.Rows(header.rowCount() * header.layout().stride()), new long[recentCount]);
        try {
            file.read(snapshot.rows().bytes());
            file.read(MemorySegment.ofArray(snapshot.recentSampleIds()));
            long checksum = file.checksum();
            if (read(file, Long.BYTES).getLong() != checksum) {
                throw new SnapshotDamagedException("its checksum does not match");
            }
            return snapshot;
        } catch (IOException | RuntimeException e) {
            snapshot.close();
            throw e;
        }
    }

    private static RowLayout layout(int ordinal) throws SnapshotDamagedException {
        if (ordinal < 0 || ordinal >= RowLayout.values().length) {
            throw new SnapshotDamagedException("its row layout " + ordinal + " is unknown");
        }
        return RowLayout.values()[ordinal];
    }

    private static ByteBuffer read(ChecksummedFile file, int bytes) throws IOException {
        ByteBuffer buffer = buffer(bytes);
        file.read(MemorySegment.ofBuffer(buffer));
        return buffer;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
