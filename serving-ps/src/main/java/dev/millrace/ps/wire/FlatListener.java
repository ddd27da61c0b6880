package dev.millrace.ps.wire;

/** An address at which one transport takes connections. */
public interface FlatListener extends AutoCloseable {
    /** With the port that was bound, where 0 was asked for. */
    Endpoint endpoint();

    /** Takes no more connections and ends those that are there. */
    @Override
    void close();
}
