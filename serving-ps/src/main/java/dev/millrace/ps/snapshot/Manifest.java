package dev.millrace.ps.snapshot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one member of a chain: its header, the member before it, and where its parts lie in its data.
 *
 * @param previous null for a full member
 * @param data name of its data
 * @param sections one after the other, behind {@link #DATA_MAGIC}
 * @param checksum of the manifest's own bytes: names this very member
 */
record Manifest(Snapshot.Header header, @Nullable Link previous, String data, List<Section> sections, long checksum) {
    /** What data begins with. */
    static final String DATA_MAGIC = "MRDATA02";

    /** The member before, exactly that one. */
    record Link(long sequence, long checksum) {}

    enum Kind {
        ROWS,
        REMOVED,
        EXTRA
    }

    /**
     * @param name of an extra, else empty
     * @param at offset in the data
     * @param crc CRC32C of the bytes
     */
    record Section(Kind kind, String name, long at, int bytes, int crc) {
        long end() {
            return at + bytes;
        }
    }

    boolean full() {
        return previous == null;
    }

    long dataBytes() {
        return sections.isEmpty() ? DATA_MAGIC.length() : sections.getLast().end();
    }

    List<Section> sections(Kind kind) {
        return sections.stream().filter(section -> section.kind() == kind).toList();
    }
}
