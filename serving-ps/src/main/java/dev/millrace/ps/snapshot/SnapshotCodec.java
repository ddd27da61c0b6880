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
 * Bytes of a snapshot file, little endian, version 2:
 *
 * <pre>
 *  i64 magic "MRSNAP02" · i32 header bytes
 *  header  i32 shard · i64 sequence · i64 deltaOffset · i64 fingerprint
 *          i64 samples · i64 duplicateSamples · i32 layout · i64 rowCount · i64 extras bytes
 *          i32 partitions · { i32 partition · i64 offset · i64 watermark }
 *  rows    rowCount · stride bytes
 *  extras  i32 sections · { i32 name bytes · name · i32 bytes · bytes }
 *  i64 CRC32C of everything before
 * </pre>
 *
 * <p>Version 1 has {@code i64[recentCount]}, the ids of the latest samples, for extras, and their number for extras
 * bytes.
 */
final class SnapshotCodec {
    private static final long VERSION_1 = magic("MRSNAP01");
    private static final long VERSION_2 = magic("MRSNAP02");

    private static final int FIXED_HEADER = 3 * Integer.BYTES + 7 * Long.BYTES;
    private static final int PER_PARTITION = Integer.BYTES + 2 * Long.BYTES;
    private static final int MAX_HEADER = 1 << 20;
    private static final long MAX_EXTRAS = Extras.MAX_BYTES + (1 << 20);

    private SnapshotCodec() {}

    private static long magic(String letters) {
        return ByteBuffer.wrap(letters.getBytes(StandardCharsets.US_ASCII))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    static void write(Snapshot snapshot, FileChannel channel) throws IOException {
        try (ChecksummedFile file = new ChecksummedFile(channel)) {
            ByteBuffer header = header(snapshot);
            file.write(MemorySegment.ofBuffer(prefix(header.remaining())));
            file.write(MemorySegment.ofBuffer(header));
            file.write(snapshot.rows().bytes());
            file.write(MemorySegment.ofBuffer(extras(snapshot.extras())));
            file.write(MemorySegment.ofBuffer(buffer(Long.BYTES).putLong(0, file.checksum())));
        }
    }

    private static ByteBuffer prefix(int headerBytes) {
        return buffer(Long.BYTES + Integer.BYTES)
                .putLong(VERSION_2)
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
        out.putLong(extrasBytes(snapshot.extras()));
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
            long magic = prefix.getLong();
            if (magic != VERSION_1 && magic != VERSION_2) {
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
            long extrasBytes = magic == VERSION_1 ? in.getLong() * Long.BYTES : in.getLong();
            int partitions = in.getInt();
            long expected = Long.BYTES * 2L + Integer.BYTES + headerBytes + rowCount * layout.stride() + extrasBytes;
            if (rowCount < 0 || extrasBytes < 0 || extrasBytes > MAX_EXTRAS || expected != channel.size()) {
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
            return readBody(file, header, (int) extrasBytes, magic == VERSION_1);
        }
    }

    private static Snapshot readBody(ChecksummedFile file, Snapshot.Header header, int extrasBytes, boolean version1)
            throws IOException {
        Snapshot.Rows rows =
                new Snapshot.Rows(header.rowCount() * header.layout().stride());
        try {
            file.read(rows.bytes());
            ByteBuffer extras = read(file, extrasBytes);
            long checksum = file.checksum();
            if (read(file, Long.BYTES).getLong() != checksum) {
                throw new SnapshotDamagedException("its checksum does not match");
            }
            return new Snapshot(header, rows, version1 ? recentIds(extras) : extras(extras));
        } catch (IOException | RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    private static long extrasBytes(Extras extras) {
        long bytes = Integer.BYTES;
        for (String name : extras.names()) {
            bytes += 2L * Integer.BYTES + utf8(name).length + section(extras, name).length;
        }
        return bytes;
    }

    private static ByteBuffer extras(Extras extras) {
        ByteBuffer out = buffer((int) extrasBytes(extras)).putInt(extras.names().size());
        for (String name : extras.names()) {
            byte[] section = section(extras, name);
            out.putInt(utf8(name).length).put(utf8(name)).putInt(section.length).put(section);
        }
        return out.flip();
    }

    private static Extras recentIds(ByteBuffer in) {
        byte[] ids = new byte[in.remaining()];
        in.get(ids);
        return Extras.NONE.with(Extras.RECENT_IDS, ids);
    }

    /** Its checksum was right: what does not fit was written so. */
    private static Extras extras(ByteBuffer in) {
        Extras extras = Extras.NONE;
        for (int left = in.getInt(); left > 0; left--) {
            String name = new String(bytes(in), StandardCharsets.UTF_8);
            extras = extras.with(name, bytes(in));
        }
        return extras;
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return bytes;
    }

    private static byte[] section(Extras extras, String name) {
        return extras.bytes(name).orElseThrow();
    }

    private static byte[] utf8(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
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
