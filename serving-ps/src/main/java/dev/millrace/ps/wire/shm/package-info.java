/**
 * Two streams of bytes between two processes of one host, in a memory-mapped file that has no name any more.
 *
 * <p>In: bytes. Out: the same bytes in the other process. Depends on the JDK alone. Each ring has one writing thread and
 * one reading thread at a time; waking a sleeper is the business of {@code lane}, which has a socket for it.
 */
@NullMarked
package dev.millrace.ps.wire.shm;

import org.jspecify.annotations.NullMarked;
