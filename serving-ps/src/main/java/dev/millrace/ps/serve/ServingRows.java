package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.parity.ParityDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows that serve, in memory and on disk. Belongs to the applying thread, which closes it; reading the version and
 * the weights is for any thread, and is the implementations' own.
 */
interface ServingRows extends AutoCloseable {
    ServedVersion version();

    /** What the disk says that it holds; null when it does not hold whole rows of a known version. */
    RowStore.@Nullable State stored();

    /** Takes the rows on disk, which are whole and of this version. */
    void load(ServedVersion version);

    /** Drops all rows, here and on disk. */
    void clear(ServedVersion nothing);

    /** Whether what was applied is to be persisted before so many more rows come, since memory is bounded. */
    boolean isFull(int moreRows);

    /** Applies a delta to what serves. {@code next} is the version with it; its row count is filled in here. */
    void apply(Delta delta, ServedVersion next);

    /** Writes what was applied. */
    void persist(RowStore.State state);

    /** The same, or later with what comes meanwhile. */
    default void persistInTime(RowStore.State state) {
        persist(state);
    }

    /**
     * A snapshot's rows, and the deltas that follow, in place of those of a shard; the other shards' stay. Of each row
     * readers see that before or that after, of a network all of them of one; the version is that after once all are.
     *
     * @param state with the version of the rows after
     * @param served called as soon as they serve
     */
    void replaceShard(
            int shard, ServingSnapshots.Serving snapshot, List<Delta> behind, RowStore.State state, Runnable served);

    /**
     * After a failure: brings the disk up to what serves.
     *
     * @return false when it cannot: all is to be loaded anew
     */
    boolean restore(RowStore.State state);

    /** Whether rows of two versions serve, since {@link #replaceShard} failed: those on disk are to be loaded at once. */
    default boolean isMixed() {
        return false;
    }

    /** The rows to compare with training's now; null: not this time. */
    ParityDigest.@Nullable ServingSource comparable();

    /** For any thread. */
    StoreStats stats();

    @Override
    void close();
}
