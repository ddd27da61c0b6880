package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a manifest, little endian, version 2:
 *
 * <pre>
 *  i64 magic "MRSNAP02" · i32 body bytes
 *  body  i32 shard · i64 sequence · i64 deltaOffset · i64 fingerprint
 *        i64 samples · i64 duplicateSamples · str layout · i32 stride · i64 rowCount
 *        i32 partitions · { i32 partition · i64 offset · i64 watermark }
 *        i64 previous sequence, −1: full · i64 previous checksum
 *        str data · i32 sections · { u8 kind · str name · i32 bytes · i32 CRC32C }
 *  i64 CRC32C of everything before
 *  str   i32 bytes · UTF-8
 *  kind  0 rows (stride bytes each, key first) · 1 removed keys (i64) · 2 extra
 * </pre>
 */
final class ManifestCodec {
    static final int MAX_BYTES = 16 << 20;
    static final int MAX_ROW_SECTION = 16 << 20;

    private static final String MAGIC = "MRSNAP";
    private static final String VERSION = "02";
    private static final int MAGIC_BYTES = 8;
    private static final int PREFIX = MAGIC_BYTES + Integer.BYTES;
    private static final int MAX_SECTIONS = 1 << 19;
    private static final int MAX_PARTITIONS = 1 << 16;
    private static final int MAX_STRING = 256;
    private static final int SECTION = 1 + 3 * Integer.BYTES + Extras.MAX_NAME_BYTES;

    private ManifestCodec() {}

    /** @param manifest its checksum is not looked at: these bytes give it */
    static ByteBuffer encode(Manifest manifest) {
        Snapshot.Header h = manifest.header();
        int most = 1024 + h.sampleOffsets().size() * 20 + manifest.sections().size() * SECTION;
        ByteBuffer out = ByteBuffer.allocate(most).order(ByteOrder.LITTLE_ENDIAN);
        out.put((MAGIC + VERSION).getBytes(StandardCharsets.US_ASCII)).putInt(0);
        out.putInt(h.shard()).putLong(h.sequence()).putLong(h.deltaOffset()).putLong(h.specFingerprint());
        out.putLong(h.samples()).putLong(h.duplicateSamples());
        putString(out, h.layout().name()).putInt(h.layout().stride()).putLong(h.rowCount());
        out.putInt(h.sampleOffsets().size());
        h.sampleOffsets()
                .forEach((partition, offset) -> out.putInt(partition)
                        .putLong(offset)
                        .putLong(h.watermarks().getOrDefault(partition, 0L)));
        Manifest.Link previous = manifest.previous();
        out.putLong(previous == null ? -1 : previous.sequence()).putLong(previous == null ? 0 : previous.checksum());
        putString(out, manifest.data()).putInt(manifest.sections().size());
        for (Manifest.Section section : manifest.sections()) {
            out.put((byte) section.kind().ordinal());
            putString(out, section.name()).putInt(section.bytes()).putInt(section.crc());
        }
        out.putInt(MAGIC_BYTES, out.position() - PREFIX);
        return out.putLong(crc(out.duplicate().flip())).flip();
    }

    static long checksum(ByteBuffer encoded) {
        return encoded.order(ByteOrder.LITTLE_ENDIAN).getLong(encoded.limit() - Long.BYTES);
    }

    static Manifest decode(ByteBuffer bytes) throws SnapshotDamagedException {
        ByteBuffer in = bytes.order(ByteOrder.LITTLE_ENDIAN);
        checkVersion(in);
        int end = in.limit() - Long.BYTES;
        if (end < PREFIX || in.getInt(MAGIC_BYTES) != end - PREFIX) {
            throw new SnapshotDamagedException("its manifest ends early or late, at " + in.limit() + " bytes");
        }
        long checksum = checksum(in);
        if (crc(in.duplicate().rewind().limit(end)) != checksum) {
            throw new SnapshotDamagedException("its manifest's checksum does not match");
        }
        try {
            return body(in.position(PREFIX).limit(end), checksum);
        } catch (BufferUnderflowException e) {
            throw new SnapshotDamagedException("its manifest claims more than it holds");
        }
    }

    private static void checkVersion(ByteBuffer in) throws SnapshotDamagedException {
        if (in.remaining() < PREFIX + Long.BYTES) {
            throw new SnapshotDamagedException("its manifest ends early, at " + in.remaining() + " bytes");
        }
        byte[] magic = new byte[MAGIC_BYTES];
        in.get(0, magic);
        String read = new String(magic, StandardCharsets.ISO_8859_1);
        if (!read.startsWith(MAGIC)) {
            throw new SnapshotDamagedException("it is no manifest of a snapshot");
        }
        if (!read.endsWith(VERSION)) {
            throw new SnapshotDamagedException(
                    "it is of version '" + read.substring(MAGIC.length()) + "', and known are 01 and " + VERSION);
        }
    }

    private static Manifest body(ByteBuffer in, long checksum) throws SnapshotDamagedException {
        int shard = in.getInt();
        long sequence = in.getLong();
        long deltaOffset = in.getLong();
        long fingerprint = in.getLong();
        long samples = in.getLong();
        long duplicates = in.getLong();
        RowLayout layout = layout(string(in), in.getInt());
        long rowCount = in.getLong();
        SortedMap<Integer, Long> offsets = new TreeMap<>();
        SortedMap<Integer, Long> watermarks = new TreeMap<>();
        for (int left = count(in, MAX_PARTITIONS); left > 0; left--) {
            int partition = in.getInt();
            offsets.put(partition, in.getLong());
            watermarks.put(partition, in.getLong());
        }
        Manifest.Link previous = link(in.getLong(), in.getLong(), sequence);
        String data = string(in);
        List<Manifest.Section> sections = sections(in, layout.stride());
        var header = new Snapshot.Header(
                shard, sequence, deltaOffset, fingerprint, watermarks, offsets, samples, duplicates, layout, rowCount);
        return new Manifest(header, previous, data, sections, checksum);
    }

    private static Manifest.@Nullable Link link(long sequence, long checksum, long own)
            throws SnapshotDamagedException {
        if (sequence >= own) {
            throw new SnapshotDamagedException("it claims to follow " + sequence);
        }
        return sequence < 0 ? null : new Manifest.Link(sequence, checksum);
    }

    private static List<Manifest.Section> sections(ByteBuffer in, int stride) throws SnapshotDamagedException {
        var sections = new ArrayList<Manifest.Section>();
        long at = Manifest.DATA_MAGIC.length();
        for (int left = count(in, MAX_SECTIONS); left > 0; left--) {
            int kind = in.get();
            if (kind < 0 || kind >= Manifest.Kind.values().length) {
                throw new SnapshotDamagedException("a section's kind " + kind + " is unknown");
            }
            var section = new Manifest.Section(Manifest.Kind.values()[kind], string(in), at, in.getInt(), in.getInt());
            check(section, stride);
            sections.add(section);
            at = section.end();
        }
        return sections;
    }

    private static void check(Manifest.Section section, int stride) throws SnapshotDamagedException {
        int bytes = section.bytes();
        boolean valid = switch (section.kind()) {
            case ROWS -> bytes >= 0 && bytes <= MAX_ROW_SECTION && bytes % stride == 0;
            case REMOVED -> bytes >= 0 && bytes <= MAX_ROW_SECTION && bytes % Long.BYTES == 0;
            case EXTRA -> bytes >= 0 && bytes <= Extras.MAX_BYTES;
        };
        if (!valid) {
            throw new SnapshotDamagedException("a section claims " + bytes + " bytes of " + section.kind());
        }
    }

    private static RowLayout layout(String name, int stride) throws SnapshotDamagedException {
        try {
            RowLayout layout = RowLayout.named(name);
            if (layout.stride() == stride) {
                return layout;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new SnapshotDamagedException("its row layout " + name + " of " + stride + " bytes is unknown");
    }

    private static int count(ByteBuffer in, int most) throws SnapshotDamagedException {
        int count = in.getInt();
        if (count < 0 || count > most) {
            throw new SnapshotDamagedException("its manifest claims " + count + " entries of at most " + most);
        }
        return count;
    }

    private static ByteBuffer putString(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return out.putInt(bytes.length).put(bytes);
    }

    private static String string(ByteBuffer in) throws SnapshotDamagedException {
        byte[] bytes = new byte[count(in, MAX_STRING)];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
