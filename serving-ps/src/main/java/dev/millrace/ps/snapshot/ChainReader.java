package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Opens and verifies chains among the members of one listing, and remembers which of them are damaged. Belongs to one
 * thread.
 */
final class ChainReader {
    private static final int MAX_CHAIN = 4096;

    private final Blobs blobs;
    private final Set<String> names;
    private final Map<String, String> damaged = new HashMap<>();

    ChainReader(Blobs blobs, List<String> names) {
        this.blobs = blobs;
        this.names = new HashSet<>(names);
    }

    /** @throws SnapshotDamagedException naming the member at fault, when it is not {@code member} itself */
    Snapshot open(String member) throws IOException {
        if (member.endsWith(Names.VERSION_1)) {
            try (FileChannel file = channel(member)) {
                return Version1.read(file);
            }
        }
        List<Manifest> newestFirst = chain(member);
        List<StoredRows> parts = new ArrayList<>();
        try {
            for (Manifest manifest : newestFirst.reversed()) {
                parts.add(rows(manifest));
            }
            long peak = newestFirst.stream()
                    .mapToLong(manifest -> manifest.header().rowCount())
                    .max()
                    .orElseThrow();
            Manifest newest = newestFirst.getFirst();
            return new Snapshot(newest.header(), parts, extras(newest, parts.getLast()), peak);
        } catch (IOException | RuntimeException e) {
            parts.forEach(RowPart::close);
            throw e;
        }
    }

    /** The member and those that it builds on, newest first. */
    List<Manifest> chain(String member) throws IOException {
        List<Manifest> chain = new ArrayList<>();
        Manifest manifest = read(member);
        chain.add(manifest);
        for (Manifest.Link link = manifest.previous(); link != null; link = manifest.previous()) {
            String before = Names.manifest(link.sequence());
            try {
                manifest = read(before);
            } catch (SnapshotDamagedException e) {
                throw new SnapshotDamagedException("it needs " + before + ", of which is said: " + e.getMessage());
            }
            if (manifest.checksum() != link.checksum() || chain.size() == MAX_CHAIN) {
                throw new SnapshotDamagedException("it needs another " + before + " than is there");
            }
            chain.add(manifest);
        }
        return chain;
    }

    /** Verified, every byte. */
    private StoredRows rows(Manifest manifest) throws IOException {
        String known = damaged.get(manifest.data());
        if (known != null) {
            throw new SnapshotDamagedException(known);
        }
        try {
            FileChannel file = channel(manifest.data());
            try {
                if (file.size() != manifest.dataBytes()) {
                    throw new SnapshotDamagedException(
                            "it has " + file.size() + " bytes, its manifest says " + manifest.dataBytes());
                }
                StoredRows rows = new StoredRows(file, manifest);
                ParallelReader.verify(rows);
                return rows;
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        } catch (SnapshotDamagedException e) {
            String message = manifest.data() + ": " + e.getMessage();
            damaged.put(manifest.data(), message);
            throw new SnapshotDamagedException(message);
        }
    }

    private static Extras extras(Manifest manifest, StoredRows rows) throws IOException {
        Extras extras = Extras.NONE;
        for (Manifest.Section section : manifest.sections(Manifest.Kind.EXTRA)) {
            extras = extras.with(section.name(), rows.bytes(section));
        }
        return extras;
    }

    /** Empty when it is damaged, or of version 1. */
    Optional<Manifest> manifest(String member) throws IOException {
        try {
            return member.endsWith(Names.MANIFEST) ? Optional.of(read(member)) : Optional.empty();
        } catch (SnapshotDamagedException e) {
            return Optional.empty();
        }
    }

    /** Whether this is a full member, as far as can be told without reading its data. */
    boolean isFull(String member) {
        try {
            return member.endsWith(Names.VERSION_1)
                    || manifest(member)
                            .filter(manifest -> manifest.full() && names.contains(manifest.data()))
                            .isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Manifest read(String name) throws IOException {
        try (FileChannel file = channel(name)) {
            if (file.size() > ManifestCodec.MAX_BYTES) {
                throw new SnapshotDamagedException("its manifest has " + file.size() + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
            StoredRows.fill(file, 0, bytes);
            Manifest manifest = ManifestCodec.decode(bytes.flip());
            if (!Names.manifest(manifest.header().sequence()).equals(name)) {
                throw new SnapshotDamagedException(
                        "it is the manifest of " + manifest.header().sequence());
            }
            return manifest;
        }
    }

    private FileChannel channel(String name) throws IOException {
        try {
            return blobs.open(name);
        } catch (NoSuchFileException e) {
            throw new SnapshotDamagedException(name + " is missing");
        }
    }
}
