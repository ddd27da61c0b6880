/**
 * Calls with flat little-endian bodies: what both ends of a connection hold, whatever carries it (package
 * {@code connect} opens them, {@code grpc}, {@code lane} and {@code shm} carry them).
 *
 * <p>In: an operation's number (one byte) and its body. Out: a body, or a {@link WireCode} with words and a number. What
 * the bodies hold is agreed between handler and caller. Depends on the JDK alone. Handlers and callbacks run on the
 * connection's thread and must not block it; answers may come from any thread.
 */
@NullMarked
package dev.millrace.ps.wire;

import org.jspecify.annotations.NullMarked;
