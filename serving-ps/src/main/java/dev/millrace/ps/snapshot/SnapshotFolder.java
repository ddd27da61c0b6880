package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots of one shard as files {@code snapshot-SEQUENCE.mrs}: each is written aside, forced to disk and renamed, so
 * that a file by that name is whole or damaged later, never half written. The newest few are kept.
 */
public final class SnapshotFolder {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotFolder.class);
    private static final String PREFIX = "snapshot-";
    private static final String SUFFIX = ".mrs";
    private static final String UNFINISHED = ".unfinished";

    private final Path dir;
    private final int keep;

    /** @param keep how many of the newest stay, at least 1 */
    public SnapshotFolder(Path dir, int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("keep must be at least 1, not " + keep);
        }
        this.dir = dir;
        this.keep = keep;
    }

    /**
     * Publishes atomically, then deletes what is older than the newest {@code keep}. A folder has one writer: what a
     * crash left unfinished is deleted first, so that it does not fill the disk.
     */
    public void write(Snapshot snapshot) throws IOException {
        Files.createDirectories(dir);
        for (Path left : newestFirst(SUFFIX + UNFINISHED)) {
            LOG.info("snapshot {} was left unfinished and is deleted", left);
            Files.deleteIfExists(left);
        }
        String name = name(snapshot.header().sequence());
        Path unfinished = dir.resolve(name + UNFINISHED);
        try (FileChannel file = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            SnapshotCodec.write(snapshot, file);
            file.force(true);
        }
        Files.move(unfinished, dir.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel folder = FileChannel.open(dir, StandardOpenOption.READ)) {
            folder.force(true);
        }
        for (Path old : newestFirst(SUFFIX).stream().skip(keep).toList()) {
            Files.deleteIfExists(old);
        }
    }

    /** The newest that is whole, to be closed; a damaged one is named in the log and passed over. */
    public Optional<Snapshot> newest() throws IOException {
        return newerThan(-1);
    }

    /** The same, when its sequence is beyond {@code sequence}; no other file is opened. */
    public Optional<Snapshot> newerThan(long sequence) throws IOException {
        String known = name(sequence);
        for (Path file : newestFirst(SUFFIX)) {
            if (sequence >= 0 && file.getFileName().toString().compareTo(known) <= 0) {
                break;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                return Optional.of(SnapshotCodec.read(channel));
            } catch (SnapshotDamagedException e) {
                LOG.error("snapshot {} is refused: {}; trying the one before", file, e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static String name(long sequence) {
        return PREFIX + "%019d".formatted(sequence) + SUFFIX;
    }

    private List<Path> newestFirst(String suffix) throws IOException {
        if (!Files.isDirectory(dir)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(dir)) {
            // Zero-padded sequences sort as text.
            return files.filter(f -> f.getFileName().toString().startsWith(PREFIX)
                            && f.getFileName().toString().endsWith(suffix))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }
}
