/**
 * Dead letters: what the join could not use, to look at and to play again.
 *
 * <p>In: the dead-letter topic. Out: letters, and their events on the log once more. Depends on Kafka's clients and the
 * events. One thread a reader.
 */
@NullMarked
package dev.millrace.ingest.letter;

import org.jspecify.annotations.NullMarked;
