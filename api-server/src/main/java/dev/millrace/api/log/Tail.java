package dev.millrace.api.log;

/** Reads on what the log gets, from some way before its end. */
public interface Tail extends AutoCloseable {
    /** Of nothing. */
    Tail NONE = new Tail() {
        @Override
        public boolean caughtUp() {
            return true;
        }

        @Override
        public long lastRecordMs() {
            return 0;
        }

        @Override
        public long skipped() {
            return 0;
        }

        @Override
        public void close() {}
    };

    /** Whether everything that stood on the log when it started has been read. */
    boolean caughtUp();

    /** When it last got a record, milliseconds since the epoch; heartbeats come ten a second while Kafka answers. */
    long lastRecordMs();

    /** How many records could not be read, and were passed over. */
    long skipped();

    @Override
    void close();
}
