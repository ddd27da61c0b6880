/**
 * Off-policy evaluation: what another ranking would have earned, from the log alone.
 *
 * <p>In: impressions with their propensities, and actions, of Kafka or of a file. Out: {@code PolicyReport}. Depends on
 * ingest and on the join's matching, which says what an action is worth. One thread, the caller's.
 */
@NullMarked
package dev.millrace.deploy.evaluate;

import org.jspecify.annotations.NullMarked;
