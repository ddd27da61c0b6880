/**
 * One contract over everything that serves weights: in this process, in serving-ps processes, in Redis.
 *
 * <p>In: deltas on a real Kafka. Out: a failing test for each backend that scores other bits than the deltas say. A new
 * backend is a new nested class of {@code WeightServersTest}.
 */
@NullMarked
package dev.millrace.deploy.weights;

import org.jspecify.annotations.NullMarked;
