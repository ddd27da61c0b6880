/**
 * Forward passes on the CPU: what serving scores and the learner starts from.
 *
 * <p>In: a feature vector and weights. Out: a logit. Depends on ingest's spec and vectors. Stateless.
 */
@NullMarked
package dev.millrace.ps.model;

import org.jspecify.annotations.NullMarked;
