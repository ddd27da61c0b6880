package dev.millrace.ps.snapshot;

import java.io.IOException;
import java.util.Optional;
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

    /** Ends connections; snapshots that it gave stay open. */
    @Override
    default void close() {}
}
