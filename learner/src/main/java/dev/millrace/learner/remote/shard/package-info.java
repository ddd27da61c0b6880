/**
 * The training shard as a server: applies pushes once, answers pulls, publishes its deltas, writes its snapshots.
 *
 * <p>In: requests of learners. Out: answers, deltas on the shard's partition, snapshots. Depends on the shard's state, the
 * push's arithmetic and ps.wire's requests. A shard has one owning thread; requests reach it over a bounded queue.
 */
@NullMarked
package dev.millrace.learner.remote.shard;

import org.jspecify.annotations.NullMarked;
