package dev.millrace.api.trace;

/**
 * An action's way so far. Times are milliseconds since the epoch, 0 where not reached or not known here.
 *
 * @param servedMs when the first weights that had learned it began to serve here
 * @param version sequence of those weights
 */
public record Trace(Status status, long acceptedMs, long joinedMs, long learnedMs, long servedMs, long version) {}
