/**
 * When rows are born and when they go: admission by counting sketches, expiry by age.
 *
 * <p>In: keys that occur, and the event time learned. Out: rows of the table, and the keys of those deleted. Depends on
 * the table and the spec. The thread that owns the table owns this.
 */
@NullMarked
package dev.millrace.ps.life;

import org.jspecify.annotations.NullMarked;
