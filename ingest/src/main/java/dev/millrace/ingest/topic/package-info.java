/**
 * The topics: their names, their creation, and the reading of those that hold a state.
 *
 * <p>In: model names, records. Out: topics that exist, the book that a compacted one makes. Depends on Kafka's clients.
 * One thread a {@code StateLog} reads; books are immutable.
 */
@NullMarked
package dev.millrace.ingest.topic;

import org.jspecify.annotations.NullMarked;
