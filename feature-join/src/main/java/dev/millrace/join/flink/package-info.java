/**
 * The join as a Flink job: Kafka to Kafka, with event time that follows the log alone, in process or on a cluster.
 *
 * <p>In: the impressions and actions topics. Out: sample blocks and dead letters. Depends on {@code join.match},
 * {@code join.vector}, ingest and Flink. Each operator belongs to its task's thread.
 */
@NullMarked
package dev.millrace.join.flink;

import org.jspecify.annotations.NullMarked;
