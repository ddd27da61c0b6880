package dev.millrace.ps.wire;

/** The serving side: is handed every request, in the order of arrival on each connection. */
@FunctionalInterface
public interface FlatHandler {
    /**
     * Called on the connection's thread: answers there what is quick, hands on what is not. What it throws becomes the
     * answer: a {@link WireException} as it is, all else as {@link WireCode#INTERNAL}.
     */
    void handle(FlatRequest request);
}
