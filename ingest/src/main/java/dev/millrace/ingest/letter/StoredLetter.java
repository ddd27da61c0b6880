package dev.millrace.ingest.letter;

import dev.millrace.ingest.proto.DeadLetter;

/**
 * A dead letter in its place.
 *
 * @param offset in the topic, which has one partition
 */
public record StoredLetter(long offset, DeadLetter letter) {}
