package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads a snapshot file of version 1, little endian, which is no longer written:
 *
 * <pre>
 *  i64 magic "MRSNAP01" · i32 header bytes
 *  header  i32 shard · i64 sequence · i64 deltaOffset · i64 fingerprint
 *          i64 samples · i64 duplicateSamples · i32 layout (0: TRAINING) · i64 rowCount · i64 recentCount
 *          i32 partitions · { i32 partition · i64 offset · i64 watermark }
 *  rows    rowCount · 32 bytes
 *  ids     i64[recentCount], of the latest samples
 *  i64 CRC32C of everything before
 * </pre>
 */
final class Version1 {
    private static final long MAGIC = ByteBuffer.wrap("MRSNAP01".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final int FIXED_HEADER = 3 * Integer.BYTES + 7 * Long.BYTES;
    private static final int PER_PARTITION = Integer.BYTES + 2 * Long.BYTES;
    private static final int MAX_HEADER = 1 << 20;
    private static final int MAX_RECENT = (1 << 30) / Long.BYTES;

    private Version1() {}

    static Snapshot read(FileChannel channel) throws IOException {
        try (ChecksummedFile file = new ChecksummedFile(channel)) {
            ByteBuffer prefix = read(file, Long.BYTES + Integer.BYTES);
            if (prefix.getLong() != MAGIC) {
                throw new SnapshotDamagedException("it is no snapshot of version 01");
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
            long expected = Long.BYTES * 2L
                    + Integer.BYTES
                    + headerBytes
                    + rowCount * layout.stride()
                    + recentCount * Long.BYTES;
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
        Snapshot.Rows rows = new Snapshot.Rows(header.layout(), header.rowCount());
        try {
            file.read(rows.bytes());
            long[] recent = new long[recentCount];
            file.read(MemorySegment.ofArray(recent));
            long checksum = file.checksum();
            if (read(file, Long.BYTES).getLong() != checksum) {
                throw new SnapshotDamagedException("its checksum does not match");
            }
            return new Snapshot(header, rows, Extras.NONE.withLongs(Extras.RECENT_IDS, recent));
        } catch (IOException | RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    private static RowLayout layout(int number) throws SnapshotDamagedException {
        if (number != 0) {
            throw new SnapshotDamagedException("its row layout " + number + " is unknown");
        }
        return RowLayout.TRAINING;
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
