/**
 * Serving weights in Redis: a bridge that writes the delta log into it, and a reader that scores from it.
 *
 * <p>In: deltas and snapshots of all shards; keys. Out: weights of one version a shard. Depends on ps.serve, ps.delta,
 * ps.model, ps.snapshot, ps.table and Lettuce. One bridge a model writes, on its following thread; any thread reads.
 */
@NullMarked
package dev.millrace.ps.redis;

import org.jspecify.annotations.NullMarked;
