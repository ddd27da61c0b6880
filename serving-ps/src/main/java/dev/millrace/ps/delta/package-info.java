/**
 * Deltas: weight changes on the log, in gap-free sequence, with the samples that they contain.
 *
 * <p>In: touched rows. Out: bytes of a versioned format, and what became of applying them. Depends on nothing of the ps.
 * Immutable.
 */
@NullMarked
package dev.millrace.ps.delta;

import org.jspecify.annotations.NullMarked;
