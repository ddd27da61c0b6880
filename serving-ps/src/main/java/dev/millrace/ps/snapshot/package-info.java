/**
 * Snapshots: rows and the log offsets that they include, in one file, published atomically.
 *
 * <p>In: a table's rows. Out: a checksummed file of a versioned format, and back. Depends on the row layout. A folder
 * has one writer.
 */
@NullMarked
package dev.millrace.ps.snapshot;

import org.jspecify.annotations.NullMarked;
