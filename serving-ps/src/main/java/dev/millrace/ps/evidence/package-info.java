/**
 * Evidence that may be looked at as often as one likes: sequential tests and intervals by betting.
 *
 * <p>In: bounded observations, one by one. Out: the logarithm of an e-value; an interval. Depends on nothing. An object
 * belongs to one thread.
 */
@NullMarked
package dev.millrace.ps.evidence;

import org.jspecify.annotations.NullMarked;
