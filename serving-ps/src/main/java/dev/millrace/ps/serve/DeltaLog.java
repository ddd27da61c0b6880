package dev.millrace.ps.serve;

import java.time.Duration;
import java.util.List;

/** One model's delta topic, read by one thread; only {@link #wakeup} may be called by others. */
interface DeltaLog extends AutoCloseable {
    /** One record: an encoded delta, empty when the record has no value. */
    @SuppressWarnings("ArrayRecordComponent") // decoded once, never compared
    record Entry(long offset, byte[] value) {}

    /** The log no longer holds the offset that is to be read. */
    final class ExpiredException extends Exception {
        private static final long serialVersionUID = 1;

        ExpiredException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Offset after the last record that the log has now. */
    long end();

    /** @param offset of the record to read next; −1: the oldest that the log holds */
    void seek(long offset);

    /** Offset of the record to read next. */
    long position();

    List<Entry> poll(Duration atMost) throws ExpiredException;

    /** Ends a call in progress, or else the next one, with an exception. */
    void wakeup();

    @Override
    void close();
}
