/**
 * The match: which shown item gets which label, as a state machine of one request.
 *
 * <p>In: an impression, its actions, event time. Out: labels, and actions that made none with the reason. Depends on
 * ingest's events, ids and spec; knows no Flink. A matcher is immutable; a state belongs to whoever holds its request.
 */
@NullMarked
package dev.millrace.join.match;

import org.jspecify.annotations.NullMarked;
