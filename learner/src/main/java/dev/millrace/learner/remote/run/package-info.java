/**
 * Remote training as processes: one that owns shards, one that learns.
 *
 * <p>In: a model spec, where Kafka is, what to own and where to listen. Out: running shards or a running learner. Depends
 * on the other packages of {@code learner.remote}, Kafka's clients and ps.wire. Each part says which thread it is.
 */
@NullMarked
package dev.millrace.learner.remote.run;

import org.jspecify.annotations.NullMarked;
