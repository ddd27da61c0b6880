/**
 * Runs of the batch chain, as messages: what was ordered, where each run is, what became of its tries.
 *
 * <p>In: records of the topic of chains. Out: {@code ChainBook}, the same for everyone who read as far. Depends on
 * ingest.topic. One thread a {@code ChainLog} reads; books are immutable.
 */
@NullMarked
package dev.millrace.ingest.chain;

import org.jspecify.annotations.NullMarked;
