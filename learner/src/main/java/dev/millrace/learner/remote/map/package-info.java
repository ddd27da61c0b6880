/**
 * Who owns which shard: a map on a compacted topic, and the assignment of shards to processes.
 *
 * <p>In: what owners publish, and what each process may own. Out: a versioned map, for owners and learners. Depends on
 * Kafka's clients and ps.wire's endpoints. The map is read by a thread of its own and immutable.
 */
@NullMarked
package dev.millrace.learner.remote.map;

import org.jspecify.annotations.NullMarked;
