/**
 * Learning from files at the speed of the hardware: many workers read splits and learn them together.
 *
 * <p>In: a bulk source. Out: a training shard's state, published as a snapshot that serving and the online learner go on
 * from. Depends on learner.step, learner.training and ps. Workers go in step; each owns its reader and its table.
 */
@NullMarked
package dev.millrace.learner.bulk;

import org.jspecify.annotations.NullMarked;
