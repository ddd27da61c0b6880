/**
 * Parity: whether serving has the rows of training, compared by digests of ranges of hashes.
 *
 * <p>In: a table of either side. Out: a digest, and what was found where. Depends on the table, model and delta
 * packages. A digest belongs to the table's thread; a {@link dev.millrace.ps.parity.ParityTracker} to all.
 */
@NullMarked
package dev.millrace.ps.parity;

import org.jspecify.annotations.NullMarked;
