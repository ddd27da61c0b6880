/**
 * Snapshots: rows and the log offsets that they include, full or incremental, published atomically.
 *
 * <p>In: a table's rows. Out: checksummed members of a versioned format, in a folder or an object store, and back.
 * Depends on the table and on the S3 client. A store has one writing thread.
 */
@NullMarked
package dev.millrace.ps.snapshot;

import org.jspecify.annotations.NullMarked;
