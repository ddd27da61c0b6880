package dev.millrace.ps.serve;

import java.time.Duration;
import java.util.List;

/**
 * One model's delta topic, a partition a shard, read by one thread; only {@link #wakeup} may be called by others. After
 * opening, nothing is read before each shard was sought.
 */
public interface DeltaLog extends AutoCloseable {
    /** One record: an encoded delta, empty when the record has no value. */
    @SuppressWarnings("ArrayRecordComponent") // decoded once, never compared
    record Entry(int shard, long offset, byte[] value) {}

    /** The log no longer holds the offsets that are to be read of some shards. */
    final class ExpiredException extends Exception {
        private static final long serialVersionUID = 1;

        private final transient List<Integer> shards;

        public ExpiredException(String message, List<Integer> shards, Throwable cause) {
            super(message, cause);
            this.shards = List.copyOf(shards);
        }

        /** Those that are to be sought elsewhere; the others can be read on. */
        public List<Integer> shards() {
            return shards;
        }
    }

    /** Partitions of the topic, asked of the log itself. */
    int shards();

    /** Offset after the last record that the log has now, of each shard. */
    long[] ends();

    /**
     * Reads the shard from here on.
     *
     * @param offset of the record to read next; −1: the oldest that the log holds
     */
    void seek(int shard, long offset);

    /** Reads no more of the shard until it is sought. */
    void pause(int shard);

    /** Offset of the record to read next. */
    long position(int shard);

    /** Records of any shards, each shard's in order. */
    List<Entry> poll(Duration atMost) throws ExpiredException;

    /** Ends a call in progress, or else the next one, with an exception. */
    void wakeup();

    @Override
    void close();
}
