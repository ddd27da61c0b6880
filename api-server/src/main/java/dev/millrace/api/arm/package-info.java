/**
 * Arms: models that learn from one log and answer for one name. Who answers whom, how each does on the same samples, and when
 * one takes the champion's place.
 *
 * <p>In: specs, the registry, impressions and samples from the log. Out: a route for each request; a leaderboard; promotions.
 * Depends on {@code api.bus}, {@code api.log}, ps.serve, ps.version, ps.evidence. Any thread routes and looks; the tails'
 * threads count, under a family's lock.
 */
@NullMarked
package dev.millrace.api.arm;

import org.jspecify.annotations.NullMarked;
