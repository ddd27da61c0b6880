/**
 * The sync bridge: touched rows become deltas on the log, in sequence, none skipped.
 *
 * <p>In: closed batches. Out: records on the delta topic, acknowledged. Depends on ps.delta and Kafka's clients. The
 * learner's thread.
 */
@NullMarked
package dev.millrace.learner.sync;

import org.jspecify.annotations.NullMarked;
