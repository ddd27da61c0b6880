/**
 * What label policies do to a model, on simulated logs whose truth is known: join and learner together, without engines.
 *
 * <p>In: rates, delays, a spec. Out: assertions on bias and calibration. May depend on the join and the learner. One thread.
 */
@NullMarked
package dev.millrace.deploy.labels;

import org.jspecify.annotations.NullMarked;
