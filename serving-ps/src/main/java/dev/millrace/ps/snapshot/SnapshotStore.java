package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots of one shard, each a full member or an increment on the one before. A member is seen once it is whole. It
 * has one writing thread; anyone may read.
 */
public interface SnapshotStore extends AutoCloseable {
    /**
     * Begins a member. What a crash left unfinished is deleted first, so that it does not fill the place.
     *
     * @param previous what it adds to; null for a full one
     */
    MemberOutput begin(long sequence, @Nullable Published previous) throws IOException;

    /** Deletes members that no kept chain needs; that it fails is logged, and the next one tries again. */
    void prune();

    /** Publishes a full member, and prunes. */
    void write(Snapshot snapshot) throws IOException;

    /**
     * The newest of which every member is there and whole, to be closed; a damaged member is named in the log and what
     * depends on it is passed over.
     */
    default Optional<Snapshot> newest() throws IOException {
        return newerThan(-1);
    }

    /** The same, when its sequence is beyond {@code sequence}; nothing else is opened. */
    Optional<Snapshot> newerThan(long sequence) throws IOException;

    /**
     * The newest whole one that the test takes, to be closed. Damaged ones, and those of version 1, are passed over.
     *
     * @param wanted of a header; what it takes is opened
     */
    Optional<Snapshot> newest(Predicate<Snapshot.Header> wanted) throws IOException;

    /**
     * Copies the newest whole one, with all members that it builds on, to another place; where both are folders of one
     * disk, without its bytes.
     *
     * @return its header; empty when there is none
     */
    Optional<Snapshot.Header> copyNewest(SnapshotStore to) throws IOException;

    /** Deletes everything. */
    void deleteAll() throws IOException;

    /** Ends connections; snapshots that it gave stay open. */
    @Override
    default void close() {}
}
