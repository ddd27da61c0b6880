/**
 * Opens both ends of the wire by their addresses.
 *
 * <p>In: {@link dev.millrace.ps.wire.Endpoint}s. Out: a server, or a client. Depends on the transports, which know
 * nothing of it. Holds no thread of its own.
 */
@NullMarked
package dev.millrace.ps.wire.connect;

import org.jspecify.annotations.NullMarked;
