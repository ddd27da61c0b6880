/**
 * The fast lane: length-framed calls over TCP, a Unix domain socket, or shared memory that is agreed upon over one. Bytes
 * on the wire: see {@link dev.millrace.ps.wire.lane.Frames} and {@link dev.millrace.ps.wire.lane.Greeting}.
 *
 * <p>In: calls and requests. Out: answers. Depends on {@code wire} and {@code wire.shm}. Each connection has one thread,
 * which reads, calls handlers or callbacks, and writes what others could not write at once; sockets never block anybody.
 */
@NullMarked
package dev.millrace.ps.wire.lane;

import org.jspecify.annotations.NullMarked;
