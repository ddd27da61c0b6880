package dev.millrace.learner.remote.worker;

import dev.millrace.ingest.sample.SampleBlock;
import org.jspecify.annotations.Nullable;

/** The records of the samples partitions that a learner owns, read ahead a little. Called by the learner's thread. */
public interface SampleFeed {
    /** @param block null: it cannot be read */
    record Fed(long offset, @Nullable SampleBlock block) {}

    /** Reads a partition from here on, or from its beginning if the log no longer holds the offset. */
    void open(int partition, long from);

    void close(int partition);

    /** The next record, which stays; null: it has not come yet. */
    @Nullable
    Fed peek(int partition);

    /** Goes on behind the record that {@link #peek} gave. */
    void advance(int partition);

    /** The next record will have at least this offset; −1: not known yet. */
    long position(int partition);

    /** The oldest offset that the log holds; −1: not known yet. */
    long beginning(int partition);
}
