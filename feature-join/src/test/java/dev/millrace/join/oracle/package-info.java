/**
 * What the join must make of a log, computed offline, and seeded logs in disorder.
 *
 * <p>In: a seed. Out: specs, a log, the expected samples and dead letters. Depends on events, ids and specs; on nothing of
 * the join, so that it cannot share its mistakes. One thread.
 */
@NullMarked
package dev.millrace.join.oracle;

import org.jspecify.annotations.NullMarked;
