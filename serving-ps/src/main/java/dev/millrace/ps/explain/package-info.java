/**
 * Why an item scores what it scores: its logit as a sum of what each feature contributes.
 *
 * <p>In: a request's attributes, rows of weights. Out: contributions and the features' names. Depends on ps.model, ps.network and
 * ingest. Immutable; any thread, each with its own scratch.
 */
@NullMarked
package dev.millrace.ps.explain;

import org.jspecify.annotations.NullMarked;
