/**
 * A batch's way from samples to rows: gathered keys, merged gradients, the push that carries them, and its arithmetic.
 *
 * <p>In: samples and pulled weights. Out: flat pushes, and changed rows where they are applied. Depends on ps.model,
 * ps.table and the shard's state. Worker classes belong to the worker's thread, the applier to the shard's owner.
 */
@NullMarked
package dev.millrace.learner.remote.push;

import org.jspecify.annotations.NullMarked;
