package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One member of a chain while it is written: rows and removed keys, then the extras and the header, which publish it.
 * Closed without {@link #publish}, nothing of it stays. Belongs to one thread.
 */
public final class MemberOutput implements AutoCloseable {
    private static final int REMOVED_CHUNK = 1 << 17;
    private static final int EXTRA_SLICE = 1 << 20;

    private final Blobs blobs;
    private final @Nullable Published previous;
    private final String name;
    private final Blobs.Output data;
    private final List<Manifest.Section> sections = new ArrayList<>();
    private final CRC32C crc = new CRC32C();
    private long at;

    MemberOutput(Blobs blobs, long sequence, @Nullable Published previous) throws IOException {
        this.blobs = blobs;
        this.previous = previous;
        this.name = Names.data(sequence, UUID.randomUUID().toString().substring(0, 8));
        this.data = blobs.create(name);
        try {
            data.write(ByteBuffer.wrap(Manifest.DATA_MAGIC.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException | RuntimeException e) {
            data.close();
            throw e;
        }
        this.at = Manifest.DATA_MAGIC.length();
    }

    /** @param chunk rows one after the other, key first, at most 16 MiB */
    public void rows(ByteBuffer chunk) throws IOException {
        section(Manifest.Kind.ROWS, "", chunk);
    }

    /** Keys that the members before have and the table no longer has. */
    public void removed(long[] keys) throws IOException {
        for (int from = 0; from < keys.length; from += REMOVED_CHUNK) {
            int count = Math.min(REMOVED_CHUNK, keys.length - from);
            ByteBuffer bytes = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asLongBuffer().put(keys, from, count);
            section(Manifest.Kind.REMOVED, "", bytes);
        }
    }

    /** @throws IllegalStateException when a full member has other rows than the header says */
    public Published publish(Snapshot.Header header, Extras extras) throws IOException {
        checkRows(header);
        for (String extra : extras.names()) {
            section(
                    Manifest.Kind.EXTRA,
                    extra,
                    ByteBuffer.wrap(extras.bytes(extra).orElseThrow()));
        }
        data.finish();
        Manifest.Link link = previous == null ? null : previous.link();
        ByteBuffer manifest = ManifestCodec.encode(new Manifest(header, link, name, sections, 0));
        if (manifest.remaining() > ManifestCodec.MAX_BYTES) {
            throw new IOException("a manifest of " + manifest.remaining() + " bytes is beyond the bound");
        }
        long checksum = ManifestCodec.checksum(manifest);
        blobs.put(Names.manifest(header.sequence()), manifest);
        return previous == null
                ? new Published(header.sequence(), checksum, 0, at, 0)
                : new Published(
                        header.sequence(),
                        checksum,
                        previous.increments() + 1,
                        previous.fullBytes(),
                        previous.incrementBytes() + at);
    }

    private void checkRows(Snapshot.Header header) {
        long bytes = sections.stream()
                .filter(section -> section.kind() == Manifest.Kind.ROWS)
                .mapToLong(Manifest.Section::bytes)
                .sum();
        if (previous == null && bytes != header.rowCount() * header.layout().stride()) {
            throw new IllegalStateException(
                    header.rowCount() + " rows of " + header.layout() + " are not " + bytes + " bytes");
        }
    }

    private void section(Manifest.Kind kind, String sectionName, ByteBuffer bytes) throws IOException {
        int size = bytes.remaining();
        crc.reset();
        crc.update(bytes.duplicate());
        sections.add(new Manifest.Section(kind, sectionName, at, size, (int) crc.getValue()));
        // In slices: the channel copies bytes of the heap to native memory as large as what it is given, and keeps it.
        for (int from = bytes.position(), end = bytes.limit(); from < end; from += EXTRA_SLICE) {
            data.write(bytes.limit(Math.min(end, from + EXTRA_SLICE)).position(from));
        }
        at += size;
    }

    @Override
    public void close() throws IOException {
        data.close();
    }
}
