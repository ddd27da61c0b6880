/**
 * The parameter table: rows of fixed layout by 64-bit key, off heap. One implementation trains and serves.
 *
 * <p>In: keys and fields. Out: rows. Depends on no network and no disk. One owning thread writes.
 */
@NullMarked
package dev.millrace.ps.table;

import org.jspecify.annotations.NullMarked;
