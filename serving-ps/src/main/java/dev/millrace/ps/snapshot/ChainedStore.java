package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chains of members over any place that keeps bytes by name. */
abstract class ChainedStore implements SnapshotStore {
    private static final Logger LOG = LoggerFactory.getLogger(ChainedStore.class);
    private static final int ATTEMPTS = 3;

    private final Blobs blobs;
    private final int keep;

    ChainedStore(Blobs blobs, int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("keep must be at least 1, not " + keep);
        }
        this.blobs = blobs;
        this.keep = keep;
    }

    @Override
    public MemberOutput begin(long sequence, @Nullable Published previous) throws IOException {
        deleteUnfinished();
        return new MemberOutput(blobs, sequence, previous);
    }

    @Override
    public void write(Snapshot snapshot) throws IOException {
        RowPart rows = snapshot.parts().getFirst();
        if (snapshot.parts().size() != 1) {
            throw new IllegalArgumentException("only a whole table can be written as one");
        }
        try (MemberOutput out = begin(snapshot.header().sequence(), null);
                Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(rows.chunks() == 0 ? 0 : rows.chunkBytes(0));
            for (int i = 0; i < rows.chunks(); i++) {
                rows.read(i, chunk);
                out.rows(chunk.asSlice(0, rows.chunkBytes(i)).asByteBuffer());
            }
            out.publish(snapshot.header(), snapshot.extras());
        }
        prune();
    }

    @Override
    public Optional<Snapshot> newerThan(long sequence) throws IOException {
        for (int attempt = 1; ; attempt++) {
            List<String> names = blobs.names();
            ChainReader reader = new ChainReader(blobs, names);
            for (String member : newestFirst(names)) {
                if (Names.sequence(member).orElse(-1) <= sequence) {
                    break;
                }
                try {
                    return Optional.of(reader.open(member));
                } catch (SnapshotDamagedException e) {
                    LOG.error(
                            "snapshot {} in {} is refused: {}; trying the one before",
                            member,
                            blobs.place(),
                            e.getMessage());
                }
            }
            // Members that went while they were read were deleted for newer ones: these are there now.
            boolean moved = !new HashSet<>(names).equals(new HashSet<>(blobs.names()));
            if (!moved || attempt == ATTEMPTS) {
                return Optional.empty();
            }
        }
    }

    @Override
    public Optional<Snapshot> newest(Predicate<Snapshot.Header> wanted) throws IOException {
        List<String> names = blobs.names();
        ChainReader reader = new ChainReader(blobs, names);
        for (String member : newestFirst(names)) {
            if (reader.manifest(member).map(Manifest::header).filter(wanted).isPresent()) {
                try {
                    return Optional.of(reader.open(member));
                } catch (SnapshotDamagedException e) {
                    LOG.warn("snapshot {} in {} is passed over: {}", member, blobs.place(), e.getMessage());
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<Snapshot.Header> copyNewest(SnapshotStore to) throws IOException {
        if (!(to instanceof ChainedStore other)) {
            throw new IllegalArgumentException("members cannot be copied to " + to);
        }
        List<String> names = blobs.names();
        ChainReader reader = new ChainReader(blobs, names);
        for (String member : newestFirst(names)) {
            try (Snapshot whole = reader.open(member)) {
                // Oldest first, data before the manifest that publishes it: what is there at any moment is a chain.
                for (Manifest manifest : reader.chain(member).reversed()) {
                    blobs.copy(manifest.data(), other.blobs);
                    blobs.copy(Names.manifest(manifest.header().sequence()), other.blobs);
                }
                return Optional.of(whole.header());
            } catch (SnapshotDamagedException | NoSuchFileException e) {
                LOG.warn("snapshot {} in {} cannot be copied: {}", member, blobs.place(), e.getMessage());
            }
        }
        return Optional.empty();
    }

    @Override
    public void deleteAll() throws IOException {
        List<String> names = new ArrayList<>(blobs.names());
        names.sort(Comparator.<String, Boolean>comparing(name -> !Names.isMember(name))
                .thenComparing(Comparator.reverseOrder()));
        for (String name : names) {
            blobs.delete(name);
        }
    }

    private static List<String> newestFirst(List<String> names) {
        return names.stream()
                .filter(name -> Names.isMember(name) && Names.sequence(name).isPresent())
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    private void deleteUnfinished() throws IOException {
        List<String> names = blobs.names();
        Set<String> needed = new HashSet<>();
        ChainReader reader = new ChainReader(blobs, names);
        for (String member : newestFirst(names)) {
            reader.manifest(member).ifPresent(manifest -> needed.add(manifest.data()));
        }
        for (String name : names) {
            boolean unfinished =
                    name.endsWith(Names.UNFINISHED) && Names.sequence(name).isPresent();
            if (unfinished || (name.endsWith(Names.DATA) && !needed.contains(name))) {
                LOG.info("{} in {} was left unfinished and is deleted", name, blobs.place());
                blobs.delete(name);
            }
        }
        blobs.sweep();
    }

    /** All that is older than the oldest full member to be kept. */
    @Override
    public void prune() {
        try {
            List<String> names = blobs.names();
            ChainReader reader = new ChainReader(blobs, names);
            List<String> full = newestFirst(names).stream()
                    .filter(reader::isFull)
                    .limit(keep)
                    .toList();
            if (full.size() < keep) {
                return;
            }
            long oldest = Names.sequence(full.getLast()).orElseThrow();
            List<String> old = new ArrayList<>(names);
            old.removeIf(name -> Names.sequence(name).orElse(oldest) >= oldest);
            // Manifests first, newest first: what is left of a chain at any moment is a chain.
            old.sort(Comparator.<String, Boolean>comparing(name -> !Names.isMember(name))
                    .thenComparing(Comparator.reverseOrder()));
            for (String name : old) {
                blobs.delete(name);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("old snapshots in {} could not be deleted; the next one tries again", blobs.place(), e);
        }
    }
}
