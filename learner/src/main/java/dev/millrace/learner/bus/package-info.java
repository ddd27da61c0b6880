/**
 * The model bus: versions are made, weights go back to them, and what is about to be published is watched.
 *
 * <p>In: the registry, snapshots, learned samples. Out: versions, events, a shard that goes on elsewhere. Depends on
 * learner.training, ps.version, ps.snapshot. The keeper has a thread; the rest belongs to the learner's.
 */
@NullMarked
package dev.millrace.learner.bus;

import org.jspecify.annotations.NullMarked;
