/**
 * A canary: one action a second whose way from the edge to a score is measured, and an objective for that way.
 *
 * <p>In: a model's ranking, the log, the weights that serve. Out: how long each took, quantiles, an error budget. Depends on
 * api.rank, api.log, api.json, ingest and ps.serve. A thread a model sends and reads back; the tail and applied deltas wake it.
 */
@NullMarked
package dev.millrace.api.canary;

import org.jspecify.annotations.NullMarked;
