/**
 * Where samples come from: the samples topic, at offsets that the training shard keeps.
 *
 * <p>In: offsets. Out: sample blocks in order. Depends on ingest's codec and Kafka's consumer. One thread.
 */
@NullMarked
package dev.millrace.learner.source;

import org.jspecify.annotations.NullMarked;
