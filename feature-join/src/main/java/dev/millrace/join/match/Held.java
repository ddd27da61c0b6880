package dev.millrace.join.match;

import dev.millrace.ingest.proto.Action;

/**
 * An action that waits for its impression.
 *
 * @param sinceMs event time from which it waits: when it was accepted or, if that is later, when it came
 */
record Held(Action action, long sinceMs) {}
